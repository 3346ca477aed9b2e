import { spawnSync } from 'node:child_process';
import { TcomposeError } from '../../../errors.ts';
import { cgroupPids } from '../../../runtime/cgroup/live-cgroup.ts';
import { type Command, flag } from '../../arguments/command.ts';
import { cgroupPathsOf } from '../container/status.ts';
import { containerDirectory, findContainer } from '../container/store.ts';

export const command: Command = {
  name: 'ps',
  summary: 'List the processes of a container; options after the id are those of ps(1)',
  args: {
    usage: 'ID [PS OPTION...]',
    min: 1,
    passThroughAfter: 1,
    flags: [
      {
        name: 'format',
        short: 'f',
        type: 'string',
        choices: ['table', 'json'],
        value: 'KIND',
        summary: 'Format: table, json (pids only)',
      },
    ],
  },
  run(args, ctx) {
    const [id = '', ...options] = args.positional;
    const container = findContainer(containerDirectory(args, ctx, id), id);
    const pids = cgroupPids(cgroupPathsOf(container)).sort((a, b) => a - b);
    if (flag.str(args, 'format') === 'json') ctx.write(`${JSON.stringify(pids)}\n`);
    else ctx.write(table(pids, options.length === 0 ? ['-ef'] : options));
    return 0;
  },
};

/** The lines of ps(1) for `pids`, found by its PID column. */
function table(pids: readonly number[], options: readonly string[]): string {
  const { stdout, stderr, status, error } = spawnSync('ps', options, { encoding: 'utf8' });
  if (error !== undefined || status !== 0) {
    const why = error?.message ?? stderr.trim();
    throw new TcomposeError('RUNTIME_BUNDLE', `ps ${options.join(' ')} failed: ${why}`, {
      hint: 'Use --format json where there is no ps.',
    });
  }
  const [head = '', ...lines] = stdout.split('\n');
  const column = head.trim().split(/\s+/).indexOf('PID');
  if (column < 0) throw new TcomposeError('CLI_USAGE', 'the options of ps leave out its PID column');
  const wanted = new Set(pids);
  const own = lines.filter((line) => wanted.has(Number(line.trim().split(/\s+/)[column])));
  return `${[head, ...own].join('\n')}\n`;
}
