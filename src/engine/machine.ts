import { accessSync, constants, readFileSync } from 'node:fs';
import { detectCgroups } from '../runtime/cgroup-layout.ts';
import type { MachineFacts } from '../runtime/spec-input.ts';

/** Reads what launches need to know of the machine, once at the engine's start. */
export function readMachine(): MachineFacts {
  const mountinfo = read('/proc/self/mountinfo');
  const bounding = /^CapBnd:\s*([0-9a-f]+)$/m.exec(read('/proc/self/status'))?.[1];
  return {
    architecture: process.arch === 'arm64' ? 'arm64' : 'x64',
    lastCapability: Number(read('/proc/sys/kernel/cap_last_cap').trim() || 40),
    ...(bounding === undefined ? {} : { boundingSet: BigInt(`0x${bounding}`) }),
    cgroups: detectCgroups(mountinfo, read('/proc/self/cgroup'), {
      read,
      writable(mountPoint) {
        try {
          accessSync(mountPoint, constants.W_OK);
          return true;
        } catch {
          return false;
        }
      },
    }),
    userNamespace: read('/proc/self/uid_map').trim().replace(/\s+/g, ' ') !== '0 0 4294967295',
  };
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
