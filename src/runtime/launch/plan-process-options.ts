import type { OciProcess, OciScheduler, OciSpec } from '../spec/oci-types.ts';
import type { AffinityPlan, SchedulerPlan } from './launch-options.ts';
import type { ProcessPlan } from './launch-plan.ts';

/** SCHED_* of linux/sched.h. */
export const schedulingPolicies: Readonly<Record<string, number>> = {
  SCHED_OTHER: 0,
  SCHED_FIFO: 1,
  SCHED_RR: 2,
  SCHED_BATCH: 3,
  SCHED_ISO: 4,
  SCHED_IDLE: 5,
  SCHED_DEADLINE: 6,
};

/** SCHED_FLAG_* of linux/sched.h. */
export const schedulingFlags: Readonly<Record<string, number>> = {
  SCHED_FLAG_RESET_ON_FORK: 0x01,
  SCHED_FLAG_RECLAIM: 0x02,
  SCHED_FLAG_DL_OVERRUN: 0x04,
  SCHED_FLAG_KEEP_POLICY: 0x08,
  SCHED_FLAG_KEEP_PARAMS: 0x10,
  SCHED_FLAG_UTIL_CLAMP_MIN: 0x20,
  SCHED_FLAG_UTIL_CLAMP_MAX: 0x40,
};

/** IOPRIO_CLASS_* of linux/ioprio.h. */
export const ioClasses: Readonly<Record<string, number>> = {
  IOPRIO_CLASS_RT: 1,
  IOPRIO_CLASS_BE: 2,
  IOPRIO_CLASS_IDLE: 3,
};

/** PER_* of linux/personality.h for the runtime-spec's domains. */
export const personalities: Readonly<Record<string, number>> = { LINUX: 0, LINUX32: 8 };

/** SECCOMP_FILTER_FLAG_* of linux/seccomp.h; TSYNC is not needed: there is one thread. */
export const seccompFlags: Readonly<Record<string, number>> = {
  SECCOMP_FILTER_FLAG_TSYNC: 0,
  SECCOMP_FILTER_FLAG_LOG: 0x02,
  SECCOMP_FILTER_FLAG_SPEC_ALLOW: 0x04,
  SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV: 0x20,
};

/** Personality, I/O priority and scheduler of the process; checkSpec has validated the words. */
export function processOptions({
  process,
  linux,
}: OciSpec): Pick<ProcessPlan, 'personality' | 'ioPriority' | 'scheduler' | 'seccompFlags'> {
  const { ioPriority, scheduler } = process;
  const flags = linux.seccomp?.flags ?? [];
  return {
    ...(flags.length === 0
      ? {}
      : { seccompFlags: flags.reduce((sum, name) => sum | (seccompFlags[name] ?? 0), 0) }),
    ...(linux.personality === undefined ? {} : { personality: personalities[linux.personality.domain] ?? 0 }),
    ...(ioPriority === undefined
      ? {}
      : { ioPriority: ((ioClasses[ioPriority.class] ?? 0) << 13) | (ioPriority.priority ?? 0) }),
    ...(scheduler === undefined ? {} : { scheduler: schedulerPlan(scheduler) }),
  };
}

function schedulerPlan(scheduler: OciScheduler): SchedulerPlan {
  const flags = (scheduler.flags ?? []).reduce((sum, name) => sum | (schedulingFlags[name] ?? 0), 0);
  return {
    policy: schedulingPolicies[scheduler.policy] ?? 0,
    flags: BigInt(flags),
    nice: scheduler.nice ?? 0,
    priority: scheduler.priority ?? 0,
    runtime: BigInt(scheduler.runtime ?? 0),
    deadline: BigInt(scheduler.deadline ?? 0),
    period: BigInt(scheduler.period ?? 0),
  };
}

/** Processors of an exec'd process, before and after it joins its control group. */
export function affinityPlan({ execCPUAffinity }: OciProcess): AffinityPlan | undefined {
  if (execCPUAffinity === undefined) return undefined;
  const { initial = '', final = '' } = execCPUAffinity;
  return { initial: cpuMask(initial) ?? new Uint8Array(), final: cpuMask(final) ?? new Uint8Array() };
}

/** `0-3,7` as a bit mask; undefined for an invalid list, or beyond 8192 processors. */
export function cpuMask(list: string): Uint8Array | undefined {
  if (list.trim() === '') return new Uint8Array();
  const mask = new Uint8Array(1024);
  let top = 0;
  for (const part of list.split(',')) {
    const [, from = '', to = from] = /^\s*(\d{1,4})(?:-(\d{1,4}))?\s*$/.exec(part) ?? [];
    const [first, last] = [Number(from), Number(to)];
    if (from === '' || last < first || last >= mask.length * 8) return undefined;
    for (let cpu = first; cpu <= last; cpu++) mask[cpu >> 3] = (mask[cpu >> 3] ?? 0) | (1 << (cpu & 7));
    top = Math.max(top, last);
  }
  return mask.subarray(0, (top >> 3) + 1);
}
