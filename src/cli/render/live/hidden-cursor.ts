interface Terminal {
  write(text: string): unknown;
}

/** Signals that end a process without a listener, and may arrive while a list is drawn. */
const deadly = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/**
 * Hides the terminal's cursor, which would otherwise be seen jumping while lines are redrawn. It is shown again by the
 * returned release, at the end of the process for any reason (except SIGKILL, where nothing can be done), and while the
 * process is stopped by Ctrl+Z.
 */
export function hideCursor(terminal: Terminal): () => void {
  const hide = () => void terminal.write('\u001b[?25l');
  const show = () => void terminal.write('\u001b[?25h');
  /** If there are other listeners, they decide what the signal does; if not, it acts as without a listener. */
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
