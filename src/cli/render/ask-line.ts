import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { TcomposeError } from '../../errors.ts';
import type { CliContext } from '../context.ts';

/**
 * Asks for one line on the terminal. A `hidden` answer is not shown as it is typed. Undefined: the input has ended
 * (Ctrl+D).
 * @throws TcomposeError CLI_INTERRUPTED on Ctrl+C
 */
export async function askLine(
  ctx: Pick<CliContext, 'stdin' | 'stderr'>,
  question: string,
  hidden = false,
): Promise<string | undefined> {
  if (hidden) ctx.stderr.write(question);
  const silence = new Writable({ write: (_chunk, _encoding, done) => done() });
  const dialogue = createInterface({
    input: ctx.stdin,
    output: hidden ? silence : ctx.stderr,
    terminal: true,
    historySize: 0,
  });
  const gone = new AbortController();
  let interrupted = false;
  dialogue.once('SIGINT', () => {
    interrupted = true;
    gone.abort();
  });
  dialogue.once('close', () => gone.abort());
  try {
    return await dialogue.question(hidden ? '' : question, { signal: gone.signal });
  } catch (error) {
    if (!gone.signal.aborted) throw error;
    if (interrupted) throw new TcomposeError('CLI_INTERRUPTED', 'interrupted', { exitCode: 130 });
    return undefined;
  } finally {
    dialogue.close();
    if (hidden) ctx.stderr.write('\n');
  }
}
