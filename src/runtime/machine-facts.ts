import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, hostname, release } from 'node:os';
import { detectCgroups, type GivenGroup } from './cgroup/cgroup-layout.ts';
import type { MachineFacts, NamespaceIds } from './spec/spec-input.ts';
import { hardLimits } from './spec/user-limits.ts';

/**
 * Finds the facts about this machine: a dozen small reads of /proc and /sys, once for each engine.
 * @param given the control group that is configured for it
 */
export function readMachineFacts(given?: GivenGroup): MachineFacts {
  const status = read('/proc/self/status');
  const bounding = /^CapBnd:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  const [major = 0, minor = 0] = release()
    .split('.')
    .map((part) => Number.parseInt(part, 10));
  const limits = hardLimits(read('/proc/self/limits'));
  const userNamespace = !/^\s*0\s+0\s+4294967295\s*$/.test(read('/proc/self/uid_map'));
  const ids = userNamespace
    ? namespaceIds(read('/proc/self/uid_map'), read('/proc/self/gid_map'))
    : undefined;
  return {
    architecture: process.arch === 'arm64' ? 'arm64' : 'x64',
    lastCapability: Number(read('/proc/sys/kernel/cap_last_cap').trim()) || 40,
    ...(bounding === undefined ? {} : { boundingSet: BigInt(`0x${bounding}`) }),
    cgroups: detectCgroups(read('/proc/self/mountinfo'), read('/proc/self/cgroup'), {
      writable,
      read,
      ...(given === undefined ? {} : { given }),
    }),
    userNamespace,
    ...(userNamespace ? { groups: idsFromZero(read('/proc/self/gid_map')) } : {}),
    ...(ids === undefined ? {} : { namespaceIds: ids }),
    hostname: hostname(),
    kernel: [major, minor],
    cpus: availableParallelism(),
    ...(limits.nofile === undefined ? {} : { hardOpenFiles: limits.nofile }),
    limits,
    extraMaskedPaths: thermalPaths(),
  };
}

/** The ids of a user namespace according to its maps (user_namespaces(7)). Undefined if it has no root. Pure. */
export function namespaceIds(uidMap: string, gidMap: string): NamespaceIds | undefined {
  const [uids, gids] = [linesOf(uidMap), linesOf(gidMap)];
  const [uid, gid] = [uids, gids].map((lines) => lines.find(([inside]) => inside === 0)?.[1]);
  if (uid === undefined || gid === undefined) return undefined;
  return { owner: { uid, gid }, users: rangesFromZero(uids), groups: rangesFromZero(gids) };
}

/** How many ids of a map follow 0 without a gap. Pure. */
export const idsFromZero = (map: string): number =>
  rangesFromZero(linesOf(map)).reduce((sum, size) => sum + size, 0);

type MapLine = readonly [inside: number, outside: number, count: number];

function linesOf(map: string): MapLine[] {
  return map
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([inside, outside, count]): MapLine[] =>
      inside === undefined || outside === undefined || count === undefined ? [] : [[inside, outside, count]],
    )
    .sort(([a], [b]) => a - b);
}

function rangesFromZero(lines: readonly MapLine[]): number[] {
  const sizes: number[] = [];
  let next = 0;
  for (const [inside, , count] of lines) {
    if (inside !== next) break;
    sizes.push(count);
    next += count;
  }
  return sizes;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function writable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Counters that reveal what other tenants are doing (hidden by Docker since version 28). */
function thermalPaths(): string[] {
  const processors = '/sys/devices/system/cpu';
  try {
    return readdirSync(processors)
      .filter((name) => /^cpu\d+$/.test(name))
      .map((name) => `${processors}/${name}/thermal_throttle`)
      .filter((path) => existsSync(path));
  } catch {
    return [];
  }
}
