import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TcomposeError } from '../../../errors.ts';
import { type Command, flag } from '../../arguments/command.ts';
import { cgroupPathsOf, statusOf } from '../container/status.ts';
import { containerDirectory, findContainer } from '../container/store.ts';

export const command: Command = {
  name: 'events',
  summary: 'Print what a container uses, as JSON, a line each time',
  args: {
    usage: 'ID',
    min: 1,
    max: 1,
    flags: [
      { name: 'stats', type: 'boolean', summary: 'Once, then end' },
      { name: 'interval', type: 'string', value: 'TIME', summary: 'Time between two lines (default: 5s)' },
    ],
  },
  async run(args, ctx) {
    const id = args.positional[0]!;
    const directory = containerDirectory(args, ctx, id);
    const container = findContainer(directory, id);
    const interval = seconds(flag.str(args, 'interval') ?? '5s');
    const paths = cgroupPathsOf(container);
    for (;;) {
      const { status } = await statusOf(directory, container);
      if (status === 'stopped' && flag.bool(args, 'stats'))
        throw new TcomposeError('RUNTIME_BUNDLE', `container ${id} is stopped and uses nothing`);
      if (status === 'stopped') return 0;
      ctx.write(`${JSON.stringify({ type: 'stats', id, data: statsOf(paths) })}\n`);
      if (flag.bool(args, 'stats')) return 0;
      await sleep(interval * 1000);
    }
  },
};

function seconds(text: string): number {
  const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text) ?? [];
  const factor = unit === 'ms' ? 0.001 : unit === 'm' ? 60 : 1;
  if (number !== undefined && Number(number) > 0) return Number(number) * factor;
  throw new TcomposeError('CLI_USAGE', `--interval is ${text}, not a time like 5s`);
}

/** Times in nanoseconds, sizes in bytes; counters that this machine lacks are left out. */
function statsOf(paths: Readonly<Record<string, string>>) {
  const { unified } = paths;
  const memory = unified ?? paths.memory;
  const names =
    unified === undefined
      ? { usage: 'memory.usage_in_bytes', max: 'memory.max_usage_in_bytes', limit: 'memory.limit_in_bytes' }
      : { usage: 'memory.current', max: 'memory.peak', limit: 'memory.max' };
  const pids = unified ?? paths.pids;
  return {
    cpu: { usage: unified === undefined ? cpuV1(paths.cpuacct) : cpuV2(unified) },
    memory: {
      usage: {
        usage: number(memory, names.usage),
        max: number(memory, names.max),
        limit: number(memory, names.limit),
      },
      raw: Object.fromEntries(keyed(memory, 'memory.stat')),
    },
    pids: { current: number(pids, 'pids.current'), limit: number(pids, 'pids.max') },
  };
}

function cpuV1(directory: string | undefined) {
  const stat = keyed(directory, 'cpuacct.stat');
  const nanosPerTick = 10_000_000;
  return {
    total: number(directory, 'cpuacct.usage'),
    user: (stat.get('user') ?? 0) * nanosPerTick,
    kernel: (stat.get('system') ?? 0) * nanosPerTick,
  };
}

function cpuV2(directory: string) {
  const stat = keyed(directory, 'cpu.stat');
  const nanos = (key: string): number => (stat.get(key) ?? 0) * 1000;
  return { total: nanos('usage_usec'), user: nanos('user_usec'), kernel: nanos('system_usec') };
}

function text(directory: string | undefined, file: string): string {
  try {
    return directory === undefined ? '' : readFileSync(join(directory, file), 'utf8');
  } catch {
    return '';
  }
}

/** Undefined for `max` and for a missing file. */
function number(directory: string | undefined, file: string): number | undefined {
  const read = text(directory, file).trim();
  return /^\d+$/.test(read) ? Number(read) : undefined;
}

function keyed(directory: string | undefined, file: string): Map<string, number> {
  const rows = text(directory, file).trim().split('\n').filter(Boolean);
  return new Map(
    rows.map((row): [string, number] => {
      const [key = '', value] = row.split(' ');
      return [key, Number(value)];
    }),
  );
}
