import {
  cpuMask,
  ioClasses,
  personalities,
  schedulingFlags,
  schedulingPolicies,
} from '../../launch/plan-process-options.ts';
import type { OciProcess, OciScheduler, OciSpec } from '../oci-types.ts';
import { rlimitNumber } from '../ulimits.ts';
import { oneOf, refuse } from './refuse.ts';

/** Checks the process's numbers and words that the kernel would refuse with an obscure error, or not at all. */
export function checkProcess(process: OciProcess): void {
  const score = process.oomScoreAdj;
  if (score !== undefined && !(Number.isInteger(score) && score >= -1000 && score <= 1000))
    throw refuse('process.oomScoreAdj', `is ${score}, not between -1000 and 1000`);
  checkLimits(process);
  checkIoPriority(process);
  if (process.scheduler !== undefined) checkScheduler(process.scheduler);
  for (const name of ['initial', 'final'] as const) {
    const list = process.execCPUAffinity?.[name];
    if (list !== undefined && cpuMask(list) === undefined)
      throw refuse(`process.execCPUAffinity.${name}`, `is ${list}, not a list of processors like 0-3,7`);
  }
}

function checkLimits({ rlimits = [] }: OciProcess): void {
  const seen = new Set<string>();
  for (const { type, soft, hard } of rlimits) {
    if (seen.has(type)) throw refuse('process.rlimits', `sets ${type} twice`);
    seen.add(type);
    rlimitNumber(type);
    if (!unlimited(hard) && (unlimited(soft) || soft > hard))
      throw refuse('process.rlimits', `has a soft limit of ${type} above its hard limit`);
  }
}

/** -1, or RLIM_INFINITY as Go writes it. */
function unlimited(limit: number): boolean {
  return limit === -1 || limit >= 2 ** 64;
}

function checkIoPriority({ ioPriority }: OciProcess): void {
  if (ioPriority === undefined) return;
  oneOf('process.ioPriority.class', ioPriority.class, Object.keys(ioClasses));
  const { priority = 0 } = ioPriority;
  if (priority < 0 || priority > 7)
    throw refuse('process.ioPriority.priority', `is ${priority}, not between 0 and 7`);
}

function checkScheduler({ policy, nice = 0, flags = [] }: OciScheduler): void {
  oneOf('process.scheduler.policy', policy, Object.keys(schedulingPolicies));
  for (const flag of flags) oneOf('process.scheduler.flags', flag, Object.keys(schedulingFlags));
  if (nice < -20 || nice > 19) throw refuse('process.scheduler.nice', `is ${nice}, not between -20 and 19`);
}

/** Checks `linux.personality` and `linux.timeOffsets`. */
export function checkClocksAndPersonality({ linux }: OciSpec): void {
  const { personality } = linux;
  if (personality !== undefined) {
    oneOf('linux.personality.domain', personality.domain, Object.keys(personalities));
    if ((personality.flags ?? []).length > 0)
      throw refuse('linux.personality.flags', 'is set, but the runtime-spec defines no flag yet');
  }
  for (const clock of Object.keys(linux.timeOffsets ?? {}))
    oneOf('linux.timeOffsets', clock, ['monotonic', 'boottime']);
  const joined = linux.namespaces.some(({ type, path }) => type === 'time' && path);
  if (joined && Object.keys(linux.timeOffsets ?? {}).length > 0)
    throw refuse('linux.timeOffsets', 'is set for a time namespace that others are in already');
}
