import type { RestartPolicy } from '../../../engine/api/host-config.ts';
import { usage } from '../../arguments/usage-error.ts';

/** `NAME[:COUNT]`. Throws CLI_USAGE. */
export function restartPolicy(text: string): RestartPolicy {
  const [name = '', count] = text.split(':');
  const known = ['no', 'always', 'unless-stopped', 'on-failure'] as const;
  const Name = known.find((one) => one === name);
  if (Name === undefined || (count !== undefined && (Name !== 'on-failure' || !/^\d+$/.test(count))))
    throw usage(`--restart takes no, always, unless-stopped or on-failure[:N]; got "${text}"`);
  return { Name, ...(count === undefined ? {} : { MaximumRetryCount: Number(count) }) };
}

/** `NAME=SOFT[:HARD]`; -1 is unlimited. Throws CLI_USAGE. */
export function ulimit(text: string): { Name: string; Soft: number; Hard: number } {
  const match = /^([a-z]+)=(-?\d+|unlimited)(?::(-?\d+|unlimited))?$/.exec(text);
  if (match === null) throw usage(`--ulimit takes NAME=SOFT[:HARD]; got "${text}"`);
  const value = (number: string) => (number === 'unlimited' ? -1 : Number(number));
  return { Name: match[1]!, Soft: value(match[2]!), Hard: value(match[3] ?? match[2]!) };
}

/** `PATH[:PATH_IN_CONTAINER][:MODE]`. */
export function device(text: string): {
  PathOnHost: string;
  PathInContainer: string;
  CgroupPermissions: string;
} {
  const [host = '', second, third] = text.split(':');
  const isMode = (word: string | undefined) => word !== undefined && /^[rwm]{1,3}$/.test(word);
  return {
    PathOnHost: host,
    PathInContainer: second === undefined || isMode(second) ? host : second,
    CgroupPermissions: third ?? (isMode(second) ? second! : 'rwm'),
  };
}
