import type { Service } from '../../compose/model/service.ts';
import type { DeviceRequest, Resources, RestartPolicy, Ulimit } from '../../engine/api/host-config.ts';

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** Drops undefined values, so that they are absent in the request. */
export function defined<T extends object>(value: T): Partial<Defined<T>> {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as Partial<
    Defined<T>
  >;
}

/** Resource limits of a service; `deploy.resources` is an alternative place for them. */
export function resourceParts(service: Service): Resources {
  const limits = service.deploy?.resources?.limits;
  const reservations = service.deploy?.resources?.reservations;
  const cpus = limits?.cpus ?? service.cpus;
  const blkio = service.blkio_config;
  const rates = (list: readonly { path: string; rate: number }[] | undefined) =>
    list?.map((device) => ({ Path: device.path, Rate: device.rate }));
  return defined({
    CpuShares: service.cpu_shares,
    Memory: limits?.memory ?? service.mem_limit,
    MemoryReservation: reservations?.memory ?? service.mem_reservation,
    MemorySwap: service.memswap_limit,
    MemorySwappiness: service.mem_swappiness,
    NanoCpus: cpus === undefined ? undefined : Math.round(cpus * 1e9),
    CpuPeriod: service.cpu_period,
    CpuQuota: service.cpu_quota,
    CpuRealtimePeriod: service.cpu_rt_period,
    CpuRealtimeRuntime: service.cpu_rt_runtime,
    CpusetCpus: service.cpuset,
    CpuCount: service.cpu_count,
    CpuPercent: service.cpu_percent,
    CgroupParent: service.cgroup_parent,
    PidsLimit: limits?.pids ?? service.pids_limit,
    OomKillDisable: service.oom_kill_disable,
    BlkioWeight: blkio?.weight,
    BlkioWeightDevice: blkio?.weight_device?.map((device) => ({ Path: device.path, Weight: device.weight })),
    BlkioDeviceReadBps: rates(blkio?.device_read_bps),
    BlkioDeviceReadIOps: rates(blkio?.device_read_iops),
    BlkioDeviceWriteBps: rates(blkio?.device_write_bps),
    BlkioDeviceWriteIOps: rates(blkio?.device_write_iops),
    Devices: service.devices
      ?.filter((device) => !isCdi(device.source))
      .map((device) => ({
        PathOnHost: device.source,
        PathInContainer: device.target ?? device.source,
        CgroupPermissions: device.permissions ?? 'rwm',
      })),
    DeviceCgroupRules: service.device_cgroup_rules,
    DeviceRequests: deviceRequests(service),
    Ulimits: ulimits(service),
    Init: service.init,
  }) as Resources;
}

/** A qualified CDI name, `vendor/class=name`, is not a path. */
const isCdi = (source: string) => !source.startsWith('/') && /^[^/]+\/[^=]+=.+$/.test(source);

function deviceRequests(service: Service): readonly DeviceRequest[] | undefined {
  const cdi = (service.devices ?? []).filter((device) => isCdi(device.source)).map((device) => device.source);
  const asked = [...(service.gpus ?? []), ...(service.deploy?.resources?.reservations?.devices ?? [])];
  const requests: DeviceRequest[] = asked.map((device) => {
    const gpu = service.gpus?.includes(device) === true;
    const capabilities = [...new Set([...(device.capabilities ?? []), ...(gpu ? ['gpu'] : [])])];
    return defined({
      Driver: device.driver,
      Count: device.device_ids === undefined ? (device.count ?? -1) : undefined,
      DeviceIDs: device.device_ids,
      Capabilities: [capabilities],
      Options: device.options,
    }) as DeviceRequest;
  });
  if (cdi.length > 0) requests.push({ Driver: 'cdi', DeviceIDs: cdi });
  return requests.length === 0 ? undefined : requests;
}

function ulimits(service: Service): readonly Ulimit[] | undefined {
  if (service.ulimits === undefined) return undefined;
  return Object.entries(service.ulimits).map(([name, limit]) =>
    typeof limit === 'number'
      ? { Name: name, Soft: limit, Hard: limit }
      : { Name: name, Soft: limit.soft, Hard: limit.hard },
  );
}

/** The restart policy; `deploy.restart_policy` takes precedence over `restart`. */
export function restartPolicy(service: Service): RestartPolicy | undefined {
  const deployed = service.deploy?.restart_policy;
  if (deployed !== undefined) {
    const names = { none: 'no', 'on-failure': 'on-failure', any: 'always' } as const;
    const name = names[(deployed.condition ?? 'any') as keyof typeof names] ?? 'always';
    return {
      Name: name,
      ...(name === 'on-failure' && deployed.max_attempts !== undefined
        ? { MaximumRetryCount: deployed.max_attempts }
        : {}),
    };
  }
  if (service.restart === undefined) return undefined;
  const [name, count] = service.restart.split(':') as [RestartPolicy['Name'], string?];
  return { Name: name, ...(count === undefined ? {} : { MaximumRetryCount: Number(count) }) };
}
