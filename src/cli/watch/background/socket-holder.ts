import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** The table of unix sockets (proc(5)): `@` stands for NUL, with which abstract names begin and may be padded. */
const table = (): string => {
  try {
    return readFileSync('/proc/net/unix', 'utf8');
  } catch {
    return '';
  }
};

const shown = (name: string): string => name.replace('\0', '@');

/** Whether any abstract socket in this network namespace has a name with this prefix. */
export const anySocket = (prefix: string): boolean => table().includes(` ${shown(prefix)}`);

/** Whether a process has the listening abstract socket with this name: its own answer need not be true. */
export function holdsSocket(pid: number, name: string): boolean {
  const listening = table()
    .split('\n')
    .filter((line) => line.replace(/@+$/, '').endsWith(` ${shown(name)}`))
    .map((line) => line.trim().split(/\s+/))
    .find(([, , , flags]) => flags === '00010000');
  if (listening === undefined) return false;
  const wanted = `socket:[${listening[6]}]`;
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => linkOf(`/proc/${pid}/fd/${fd}`) === wanted);
  } catch {
    return false;
  }
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
