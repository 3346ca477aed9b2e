import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import type { CliContext } from '../context.ts';

/** Asks for one line on the terminal. A `hidden` answer is not shown as it is typed. Ctrl+C and Ctrl+D end the question: undefined. */
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
  dialogue.once('SIGINT', () => gone.abort());
  dialogue.once('close', () => gone.abort());
  try {
    return await dialogue.question(hidden ? '' : question, { signal: gone.signal });
  } catch {
    return undefined;
  } finally {
    dialogue.close();
    if (hidden) ctx.stderr.write('\n');
  }
}

/** All of standard input, without the line feed at its end. */
export async function readSecret(input: AsyncIterable<Buffer | string>): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of input) parts.push(Buffer.from(part));
  return Buffer.concat(parts)
    .toString('utf8')
    .replace(/\r?\n$/, '');
}
