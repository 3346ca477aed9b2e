import { resolve } from 'node:path';
import { TcomposeError } from '../../../errors.ts';
import { applyLimits } from '../../../runtime/cgroup/apply-limits.ts';
import { planCgroupUpdate } from '../../../runtime/cgroup/cgroup-plan.ts';
import { readMachineFacts } from '../../../runtime/machine-facts.ts';
import { checkResources } from '../../../runtime/spec/check/check-uncarried.ts';
import { resourcesShape } from '../../../runtime/spec/check/config-shape.ts';
import type { OciResources } from '../../../runtime/spec/oci-types.ts';
import { type Command, type FlagSpec, flag, type ParsedArgs } from '../../arguments/command.ts';
import { readJson } from '../bundle/bundle.ts';
import { cgroupPathsOf, statusOf } from '../container/status.ts';
import { containerDirectory, findContainer, saveContainer } from '../container/store.ts';

const numbers: readonly FlagSpec[] = [
  { name: 'memory', type: 'string', value: 'BYTES', summary: 'Memory; -1 is no limit' },
  { name: 'memory-reservation', type: 'string', value: 'BYTES', summary: 'Memory that is kept for it' },
  {
    name: 'memory-swap',
    type: 'string',
    value: 'BYTES',
    summary: 'Memory and swap together; -1 is no limit',
  },
  { name: 'cpu-share', aliases: ['cpu-shares'], type: 'string', value: 'N', summary: 'Share of CPU time' },
  { name: 'cpu-period', type: 'string', value: 'US', summary: 'Period of the CPU limit' },
  { name: 'cpu-quota', type: 'string', value: 'US', summary: 'CPU time in each period; -1 is no limit' },
  { name: 'pids-limit', type: 'string', value: 'N', summary: 'Processes; -1 is no limit' },
  { name: 'blkio-weight', type: 'string', value: 'N', summary: 'Weight of block I/O, 10 to 1000' },
];

export const command: Command = {
  name: 'update',
  summary: "Change a container's limits",
  args: {
    usage: 'ID',
    min: 1,
    max: 1,
    flags: [
      {
        name: 'resources',
        short: 'r',
        type: 'string',
        value: 'FILE',
        summary: 'linux.resources as JSON; - reads standard input',
      },
      ...numbers,
      { name: 'cpuset-cpus', type: 'string', value: 'LIST', summary: 'Processors' },
      { name: 'cpuset-mems', type: 'string', value: 'LIST', summary: 'Memory nodes' },
    ],
  },
  async run(args, ctx) {
    const id = args.positional[0]!;
    const directory = containerDirectory(args, ctx, id);
    const container = findContainer(directory, id);
    const { status } = await statusOf(directory, container);
    if (status === 'stopped')
      throw new TcomposeError('RUNTIME_BUNDLE', `container ${id} is stopped and has no limits`);
    const file = flag.str(args, 'resources');
    const change =
      file === undefined ? fromFlags(args) : fromFile(file === '-' ? '/dev/stdin' : resolve(ctx.cwd, file));
    const { devices: _rules, ...own } = container.spec.linux.resources ?? {};
    const resources = merged(own, change);
    const { cgroupsPath = '' } = container.spec.linux;
    const plan = planCgroupUpdate(readMachineFacts().cgroups, cgroupsPath, resources);
    for (const warning of [...plan.warnings, ...applyLimits(plan, cgroupPathsOf(container))])
      ctx.warn(warning);
    const { spec } = container;
    const kept = {
      ...resources,
      ...(spec.linux.resources?.devices ? { devices: spec.linux.resources.devices } : {}),
    };
    saveContainer(directory, { ...container, spec: { ...spec, linux: { ...spec.linux, resources: kept } } });
    return 0;
  },
};

function fromFile(path: string): OciResources {
  const document = readJson(path);
  resourcesShape(document, 'resources');
  checkResources((document ?? {}) as OciResources);
  // Callers send their whole list again; device rules stay as they were at create, as with other runtimes.
  const { devices: _rules, ...resources } = document as OciResources;
  return resources;
}

function fromFlags(args: ParsedArgs): OciResources {
  const number = (name: string): number | undefined => {
    const text = flag.str(args, name);
    if (text === undefined) return undefined;
    if (!/^-?\d{1,19}$/.test(text))
      throw new TcomposeError('CLI_USAGE', `--${name} is ${text}, not a number`);
    return Number(text);
  };
  const weight = number('blkio-weight');
  const pids = number('pids-limit');
  return {
    memory: defined({
      limit: number('memory'),
      reservation: number('memory-reservation'),
      swap: number('memory-swap'),
    }),
    cpu: defined({
      shares: number('cpu-share'),
      period: number('cpu-period'),
      quota: number('cpu-quota'),
      cpus: flag.str(args, 'cpuset-cpus'),
      mems: flag.str(args, 'cpuset-mems'),
    }),
    ...(pids === undefined ? {} : { pids: { limit: pids } }),
    ...(weight === undefined ? {} : { blockIO: { weight } }),
  };
}

/** Each part's own fields override the present ones. */
function merged(own: OciResources, change: OciResources): OciResources {
  return {
    ...own,
    ...change,
    memory: { ...own.memory, ...change.memory },
    cpu: { ...own.cpu, ...change.cpu },
    blockIO: { ...own.blockIO, ...change.blockIO },
    unified: { ...own.unified, ...change.unified },
  };
}

function defined<T extends object>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
}
