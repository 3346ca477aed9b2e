import { existsSync, readFileSync } from 'node:fs';
import { TcomposeError } from '../../errors.ts';
import { type Command, flag } from '../arguments/command.ts';
import { logFlags, tailLines } from '../logs/log-flags.ts';
import { followFile } from './follow-file.ts';
import { ownEnginePaths } from './own-engine.ts';

export const command: Command = {
  name: 'logs',
  summary: "Show the engine's own log",
  args: {
    max: 0,
    flags: [logFlags.follow, logFlags.tail],
  },
  async run(args, ctx) {
    const { log } = ownEnginePaths(ctx.env);
    const follow = flag.bool(args, 'follow');
    if (!existsSync(log)) {
      if (follow) ctx.warn(`${log} is not there yet`);
      else
        throw new TcomposeError('ENGINE_UNREACHABLE', `there is no log at ${log}`, {
          hint: 'The engine has not run since the machine booted.',
        });
    }
    const tail = tailLines(args);
    const bytes = existsSync(log) ? readFileSync(log) : Buffer.alloc(0);
    ctx.write(lastLines(bytes.toString('utf8'), tail));
    if (!follow) return 0;
    const stop = new AbortController();
    const release = ctx.onInterrupt(() => stop.abort());
    for await (const part of followFile(log, bytes.length, stop.signal)) ctx.write(part.toString('utf8'));
    release();
    return 0;
  },
};

/** The last lines of a text; all if no count is given. */
export function lastLines(text: string, count: number | undefined): string {
  if (count === undefined) return text;
  if (count === 0) return '';
  const lines = text.split('\n');
  const ended = lines.at(-1) === '';
  return lines.slice(-(count + (ended ? 1 : 0))).join('\n');
}
