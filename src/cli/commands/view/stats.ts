import { asBrokenAnswer, statusOf } from '../../../engine/client/api-failure.ts';
import { jsonLines } from '../../../engine/client/json-lines.ts';
import { observeContainers } from '../../../project/observe.ts';
import { type Command, flag } from '../../arguments/command.ts';
import { binarySize, humanSize } from '../../arguments/sizes.ts';
import { leave } from '../../leave.ts';
import { scopeOf, selectContainers } from '../../project.ts';
import { formatItems, table } from '../../render/table.ts';

/** The fields of the API's stats object that are shown (all sizes in bytes, CPU times in nanoseconds). */
interface Stats {
  readonly cpu_stats?: CpuStats;
  readonly precpu_stats?: CpuStats;
  readonly memory_stats?: {
    readonly usage?: number;
    readonly limit?: number;
    readonly stats?: { readonly inactive_file?: number; readonly total_inactive_file?: number };
  };
  readonly pids_stats?: { readonly current?: number };
  readonly networks?: Readonly<Record<string, { readonly rx_bytes: number; readonly tx_bytes: number }>>;
  readonly blkio_stats?: {
    readonly io_service_bytes_recursive?: readonly { readonly op: string; readonly value: number }[] | null;
  };
}
interface CpuStats {
  readonly cpu_usage?: { readonly total_usage?: number };
  readonly system_cpu_usage?: number;
  readonly online_cpus?: number;
}

const HEADER = [
  'CONTAINER ID',
  'NAME',
  'CPU %',
  'MEM USAGE / LIMIT',
  'MEM %',
  'NET I/O',
  'BLOCK I/O',
  'PIDS',
];

function fieldsOf(id: string, name: string, stats: Stats) {
  const cpu =
    (stats.cpu_stats?.cpu_usage?.total_usage ?? 0) - (stats.precpu_stats?.cpu_usage?.total_usage ?? 0);
  const system = (stats.cpu_stats?.system_cpu_usage ?? 0) - (stats.precpu_stats?.system_cpu_usage ?? 0);
  const percent = system > 0 && cpu > 0 ? (cpu / system) * (stats.cpu_stats?.online_cpus ?? 1) * 100 : 0;
  const memory = stats.memory_stats;
  const used =
    (memory?.usage ?? 0) - (memory?.stats?.inactive_file ?? memory?.stats?.total_inactive_file ?? 0);
  const limit = memory?.limit ?? 0;
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const networks = Object.values(stats.networks ?? {});
  const disk = stats.blkio_stats?.io_service_bytes_recursive ?? [];
  const byOp = (op: string) => sum(disk.filter((one) => one.op.toLowerCase() === op).map((one) => one.value));
  return {
    ID: id,
    Container: id,
    Name: name,
    CPUPerc: `${percent.toFixed(2)}%`,
    MemUsage: `${binarySize(used)} / ${binarySize(limit)}`,
    MemPerc: `${(limit > 0 ? (used / limit) * 100 : 0).toFixed(2)}%`,
    NetIO: `${humanSize(sum(networks.map((one) => one.rx_bytes)))} / ${humanSize(sum(networks.map((one) => one.tx_bytes)))}`,
    BlockIO: `${humanSize(byOp('read'))} / ${humanSize(byOp('write'))}`,
    PIDs: String(stats.pids_stats?.current ?? 0),
  };
}

export const command: Command = {
  name: 'stats',
  summary: 'Show the use of CPU, memory, network and disk',
  args: {
    usage: '[SERVICE]',
    max: 1,
    flags: [
      { name: 'all', short: 'a', type: 'boolean', summary: 'Include containers that are not running' },
      { name: 'format', type: 'string', value: 'FORMAT', summary: 'table, json, or a template' },
      { name: 'no-stream', type: 'boolean', summary: 'Only once' },
      { name: 'no-trunc', type: 'boolean', summary: 'Do not shorten anything' },
    ],
  },
  async run(args, ctx) {
    const [scope, client] = await Promise.all([scopeOf(ctx), ctx.engine()]);
    const containers = selectContainers(
      scope,
      await observeContainers(client, scope.name),
      args.positional,
    ).filter((container) => flag.bool(args, 'all') || container.state === 'running');
    const latest = new Map<string, ReturnType<typeof fieldsOf>>();
    const format = flag.str(args, 'format');
    const idOf = (id: string) => (flag.bool(args, 'no-trunc') ? id : id.slice(0, 12));
    const print = () => {
      const items = containers.flatMap((container) => latest.get(container.id) ?? []);
      ctx.write(
        formatItems(format, items, () =>
          table(
            HEADER,
            items.map((item) => [
              item.ID,
              item.Name,
              item.CPUPerc,
              item.MemUsage,
              item.MemPerc,
              item.NetIO,
              item.BlockIO,
              item.PIDs,
            ]),
          ),
        ),
      );
    };
    const read = async ({ id, name }: (typeof containers)[number], stream: boolean, resumes = false) => {
      const answer = await client.containers.stats(id, { stream, resumes });
      for await (const stats of jsonLines<Stats>(answer)) latest.set(id, fieldsOf(idOf(id), name, stats));
    };
    if (flag.bool(args, 'no-stream')) {
      await Promise.all(containers.map((container) => read(container, false)));
      print();
      return 0;
    }
    const release = ctx.onInterrupt(() => leave(ctx));
    const live = ctx.stdout.isTTY === true;
    const timer = setInterval(() => {
      if (live) ctx.stdout.write('\u001b[H\u001b[2J');
      print();
    }, 1000);
    try {
      await Promise.all(containers.map((container) => follow((resumes) => read(container, true, resumes))));
    } finally {
      clearInterval(timer);
      release();
    }
    return 0;
  },
};

/** Continues with the next engine when one dies; ends if the container is gone by then. */
async function follow(read: (resumes: boolean) => Promise<void>): Promise<void> {
  for (let resumes = false; ; resumes = true) {
    try {
      return await read(resumes);
    } catch (error) {
      if (statusOf(error) === 404 && resumes) return;
      if (asBrokenAnswer(error) === error) throw error;
    }
  }
}
