interface Terminal {
  write(text: string): unknown;
}

/** Signals that end a process unless somebody listens, and may come while a list is drawn. */
const deadly = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/**
 * Hides the terminal's cursor, which would else be seen jumping about while lines are drawn again and again. It comes back
 * with the returned release, at the end of the process whatever ends it (but SIGKILL, which leaves nothing to do), and
 * for as long as the process is stopped by Ctrl+Z.
 */
export function hideCursor(terminal: Terminal): () => void {
  const hide = () => void terminal.write('\u001b[?25l');
  const show = () => void terminal.write('\u001b[?25h');
  /** Whoever else listens decides what the signal does; alone, it does what it does without a listener. */
  const killed = (signal: NodeJS.Signals) => {
    if (process.listenerCount(signal) > 1) return;
    release();
    process.kill(process.pid, signal);
  };
  const stopped = () => {
    show();
    process.kill(process.pid, 'SIGSTOP');
  };
  let shown = false;
  const release = () => {
    if (shown) return;
    shown = true;
    for (const signal of deadly) process.off(signal, killed);
    process.off('SIGTSTP', stopped);
    process.off('SIGCONT', hide);
    process.off('exit', release);
    show();
  };
  for (const signal of deadly) process.on(signal, killed);
  process.on('SIGTSTP', stopped);
  process.on('SIGCONT', hide);
  process.on('exit', release);
  hide();
  return release;
}
