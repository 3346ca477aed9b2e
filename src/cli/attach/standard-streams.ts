import type { CliContext } from '../context.ts';

/**
 * Reads standard input until released; the release restores the terminal and lets the process end. `raw`: the other end
 * is a terminal, so ours, if there is one, must pass on every key. `data` may pause the stream; it resumes the stream
 * when it wants more.
 */
export function readStandardInput(
  { stdin }: Pick<CliContext, 'stdin'>,
  raw: boolean,
  listener: { readonly data: (bytes: Buffer) => void; readonly end: () => void },
): () => void {
  const setRaw = raw && stdin.isTTY === true;
  if (setRaw) stdin.setRawMode(true);
  stdin.on('data', listener.data);
  stdin.once('end', listener.end);
  stdin.resume();
  return () => {
    stdin.off('data', listener.data);
    stdin.off('end', listener.end);
    if (setRaw) stdin.setRawMode(false);
    stdin.pause();
    stdin.unref?.();
  };
}

/** Reports the terminal's size now and after each change, until released. Errors of `tell` are ignored: it may be too late. */
export function followTerminalSize(
  { stdout }: Pick<CliContext, 'stdout'>,
  tell: (rows: number, columns: number) => Promise<unknown>,
): () => void {
  const now = () => void tell(stdout.rows ?? 24, stdout.columns ?? 80).catch(() => undefined);
  now();
  stdout.on('resize', now);
  return () => void stdout.off('resize', now);
}
