import type { OciIdMapping, OciProcess } from '../oci-types.ts';
import { refuse } from './refuse.ts';

/** The process's own numbers and words: what the kernel would refuse in a way that is hard to understand, or not at all. */
export function checkProcess(process: OciProcess): void {
  const score = process.oomScoreAdj;
  if (score !== undefined && !(Number.isInteger(score) && score >= -1000 && score <= 1000))
    throw refuse('process.oomScoreAdj', `is ${score}, not between -1000 and 1000`);
  const limits = new Set<string>();
  for (const { type, soft, hard } of process.rlimits ?? []) {
    if (limits.has(type)) throw refuse('process.rlimits', `sets ${type} twice`);
    limits.add(type);
    if (hard !== -1 && (soft === -1 || soft > hard))
      throw refuse('process.rlimits', `has a soft limit of ${type} above its hard limit`);
  }
}

/** `field` is where the mappings stand in config.json. */
export function checkIdMappings(field: string, mappings: readonly OciIdMapping[]): void {
  for (const { containerID, hostID, size } of mappings) {
    const whole = [containerID, hostID, size].every((n) => Number.isInteger(n) && n >= 0 && n <= 0xffff_ffff);
    if (!whole || size === 0)
      throw refuse(field, 'holds a range that is none: ids and size are whole numbers');
  }
}
