const proxied = [
  'SIGINT',
  'SIGTERM',
  'SIGHUP',
  'SIGQUIT',
  'SIGUSR1',
  'SIGUSR2',
  'SIGALRM',
  'SIGCONT',
] as const;

/** Passes this process's signals on instead of acting on them, until the returned function is called. */
export function proxySignals(send: (signal: NodeJS.Signals) => Promise<unknown>): () => void {
  // The container may have ended meanwhile; its end is handled elsewhere.
  const listener = (signal: NodeJS.Signals) => void send(signal).catch(() => undefined);
  for (const signal of proxied) process.on(signal, listener);
  return () => {
    for (const signal of proxied) process.off(signal, listener);
  };
}
