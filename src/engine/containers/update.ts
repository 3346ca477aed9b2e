import { applyLimits } from '../../runtime/cgroup/apply-limits.ts';
import { planCgroupUpdate } from '../../runtime/cgroup/cgroup-plan.ts';

import { checkRequest } from '../../runtime/spec/check-request.ts';
import type { OciSpec } from '../../runtime/spec/oci-types.ts';
import { resources } from '../../runtime/spec/spec-resources.ts';
import type { ContainerUpdateRequest, ContainerUpdateResponse } from '../api/container.ts';
import type { HostConfig } from '../api/host-config.ts';
import type { Engine } from '../context.ts';
import { conflict } from '../http/failure.ts';
import type { Container } from './container.ts';
import { emitContainer } from './events.ts';
import { cgroupPaths } from './host/cgroup.ts';
import { withDeviceNumbers } from './host/resolve-mounts.ts';
import { writeLaunchFile } from './lifecycle/launch-file.ts';
import { checkCreate } from './spec/check-create.ts';

/** Limits that can be changed; 0 and '' leave a limit unchanged, as in Docker. */
const updatable = [
  'BlkioWeight',
  'CpuPeriod',
  'CpuQuota',
  'CpuRealtimePeriod',
  'CpuRealtimeRuntime',
  'CpuShares',
  'CpusetCpus',
  'CpusetMems',
  'Memory',
  'MemoryReservation',
  'MemorySwap',
  'NanoCpus',
] as const;

/**
 * Changes limits and restart policy of a container, immediately if it runs; to be run in its serial queue. Either
 * everything is done and recorded, or nothing is. Errors: 400 for invalid values, 409 for contradictions with present
 * settings and for what the kernel refuses.
 */
export function updateContainer(
  engine: Engine,
  container: Container,
  request: ContainerUpdateRequest,
): ContainerUpdateResponse {
  if (container.state.status === 'removing' || container.state.status === 'dead') {
    throw conflict('container is marked for removal and cannot be updated');
  }
  const change = changeOf(request);
  const before = container.hostConfig;
  refuseContradictions(before, change);
  const host = { ...before, ...change };
  checkCreate(container.record.config, host);
  checkRequest(container.record.config, host, engine.machine);
  const warnings = changesLimits(change) ? limitRunning(engine, container, host) : [];
  container.amend({ updated: { ...container.mutable.updated, ...change } });
  // The kernel has accepted the limits already.
  engine.states.write(container);
  emitContainer(engine, container, 'update');
  return { Warnings: warnings };
}

function changeOf(request: ContainerUpdateRequest): HostConfig {
  const limits = updatable.flatMap((name) => (request[name] ? [[name, request[name]] as const] : []));
  const { PidsLimit, RestartPolicy } = request;
  return {
    ...(Object.fromEntries(limits) as HostConfig),
    ...(PidsLimit === null || PidsLimit === undefined ? {} : { PidsLimit }),
    ...(RestartPolicy?.Name ? { RestartPolicy } : {}),
  };
}

function changesLimits(change: HostConfig): boolean {
  return Object.keys(change).some((name) => name !== 'RestartPolicy');
}

/** Docker's refusals: what a create request can't combine can't be combined in two steps either. */
function refuseContradictions(before: HostConfig, change: HostConfig): void {
  const { Name: policy = 'no' } = change.RestartPolicy ?? {};
  if (before.AutoRemove && policy !== 'no') {
    throw conflict('restart policy cannot be updated because AutoRemove is enabled for the container');
  }
  if (change.NanoCpus && (before.CpuQuota || before.CpuPeriod)) {
    throw conflict(
      'conflicting options: Nano CPUs cannot be updated as CPU Period or Quota has already been set',
    );
  }
  if (before.NanoCpus && (change.CpuQuota || change.CpuPeriod)) {
    throw conflict(
      'conflicting options: CPU Period and Quota cannot be updated as Nano CPUs has already been set',
    );
  }
  const { MemorySwap = 0 } = before;
  if (change.Memory && change.MemorySwap === undefined && MemorySwap > 0 && change.Memory > MemorySwap) {
    throw conflict(
      'memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time',
    );
  }
}

/** Applies `host`'s limits if the container runs; returns warnings about limits that can't be applied. */
function limitRunning(engine: Engine, container: Container, host: HostConfig): string[] {
  const { launch } = container;
  const { cgroups } = engine.machine;
  const path = launch?.spec.linux.cgroupsPath;
  if (launch === undefined || path === undefined) return [];
  const spec = withLimits(engine, launch.spec, host);
  const update = planCgroupUpdate(cgroups, path, spec.linux.resources ?? {});
  const unknown = applyLimits(update, cgroupPaths(engine, launch.spec));
  launch.spec = spec;
  writeLaunchFile(container, spec);
  return [...update.warnings, ...unknown];
}

function withLimits(engine: Engine, spec: OciSpec, host: HostConfig): OciSpec {
  const limits = resources({ hostConfig: withDeviceNumbers(host), machine: engine.machine });
  const unbounded = host.PidsLimit !== undefined && host.PidsLimit !== null && host.PidsLimit <= 0;
  const { devices, unified } = spec.linux.resources ?? {};
  return {
    ...spec,
    linux: {
      ...spec.linux,
      resources: {
        ...(devices === undefined ? {} : { devices }),
        ...(unified === undefined ? {} : { unified }),
        ...limits,
        ...(unbounded ? { pids: { limit: -1 } } : {}),
      },
    },
  };
}
