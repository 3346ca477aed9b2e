import { TcomposeError } from '../../errors.ts';
import { nearest } from '../../nearest.ts';
import type { OciRlimit } from './oci-types.ts';
import type { HostConfigInput } from './spec-input.ts';

/** RLIMIT_* numbers, asm-generic/resource.h (the same on x86-64 and arm64). */
const resources: Readonly<Record<string, number>> = {
  cpu: 0,
  fsize: 1,
  data: 2,
  stack: 3,
  core: 4,
  rss: 5,
  nproc: 6,
  nofile: 7,
  memlock: 8,
  as: 9,
  locks: 10,
  sigpending: 11,
  msgqueue: 12,
  nice: 13,
  rtprio: 14,
  rttime: 15,
};

/** Default limits, as systemd sets them for services: a soft limit of 1024 keeps programs with select(2) correct. */
const defaultOpenFiles = { soft: 1024, hard: 524288 };

/** HostConfig.Ulimits as `process.rlimits`; the number of open files is always limited. Throws RUNTIME_ULIMIT. */
export function resourceLimits(
  ulimits: HostConfigInput['Ulimits'],
  hardOpenFiles: number | undefined,
): OciRlimit[] {
  const limits = (ulimits ?? []).map(({ Name, Soft, Hard }): OciRlimit => {
    const name = Name.toLowerCase();
    if (!Object.hasOwn(resources, name)) {
      const near = nearest(name, Object.keys(resources));
      throw new TcomposeError('RUNTIME_ULIMIT', `invalid ulimit type: ${Name}`, {
        hint:
          near === undefined ? `Known are ${Object.keys(resources).join(', ')}.` : `Did you mean ${near}?`,
      });
    }
    if (Hard !== -1 && (Soft === -1 || Soft > Hard)) {
      throw new TcomposeError(
        'RUNTIME_ULIMIT',
        `ulimit ${name}: soft limit must be less than or equal to hard limit: ${Soft} > ${Hard}`,
        { hint: 'Raise the hard limit or lower the soft one.' },
      );
    }
    return { type: `RLIMIT_${name.toUpperCase()}`, soft: Soft, hard: Hard };
  });
  if (hardOpenFiles !== undefined && !limits.some(({ type }) => type === 'RLIMIT_NOFILE')) {
    const hard = Math.min(defaultOpenFiles.hard, hardOpenFiles);
    limits.push({ type: 'RLIMIT_NOFILE', soft: Math.min(defaultOpenFiles.soft, hard), hard });
  }
  return limits;
}

/** Number of `RLIMIT_NOFILE` and the like. Throws RUNTIME_ULIMIT for an unknown name. */
export function rlimitNumber(type: string): number {
  const number = resources[type.replace(/^RLIMIT_/, '').toLowerCase()];
  if (number === undefined) throw new TcomposeError('RUNTIME_ULIMIT', `unknown resource limit ${type}`);
  return number;
}
