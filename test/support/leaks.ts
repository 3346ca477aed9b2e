import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

const list = (path: string) => (existsSync(path) ? readdirSync(path) : []);

/** The links that a text of /proc/net/dev names. */
export const linksIn = (table: string): string[] =>
  table.split('\n').flatMap((line) => /^\s*(\S+):/.exec(line)?.[1] ?? []);

/** The links of this process's network namespace. */
export const linkNames = (): string[] => linksIn(readIfThere('/proc/net/dev'));

/** The machine's mounts, to be compared with those of later. */
export const mountLines = (): ReadonlySet<string> => new Set(readIfThere('/proc/self/mountinfo').split('\n'));

/**
 * Everything on the machine that speaks of this engine root or its instance: processes (and with them namespaces),
 * mounts, links, cgroups and firewall tables. Empty: no trace.
 */
export function leftovers(root: string, before: ReadonlySet<string>): string[] {
  const leaks: string[] = [];
  const instance =
    readIfThere(join(root, 'lib', 'instance'))
      .trim()
      .replaceAll('"', '') || 'none';
  for (const pid of list('/proc')) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    const command = readIfThere(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');
    if (command.includes(root)) leaks.push(`process ${pid}: ${command}`);
    if (readIfThere(`/proc/${pid}/cgroup`).includes(`tcompose-${instance}`))
      leaks.push(`process ${pid} in a cgroup of ours`);
  }
  for (const line of mountLines()) {
    if (line.includes(root) && !before.has(line)) leaks.push(`mount ${line}`);
  }
  for (const controller of ['.', ...list('/sys/fs/cgroup')]) {
    const directory = join('/sys/fs/cgroup', controller, `tcompose-${instance}`);
    if (existsSync(directory)) leaks.push(`cgroup ${directory}`);
  }
  for (const name of linkNames()) if (name.startsWith(`tc${instance}`)) leaks.push(`link ${name}`);
  const tables = spawnSync('nft', ['list', 'tables'], { encoding: 'utf8' });
  if (tables.error !== undefined) console.log('firewall tables are not looked at: nft is not on PATH');
  else if (tables.stdout.includes(`tcompose_${instance}`)) leaks.push(`firewall table tcompose_${instance}`);
  return leaks;
}

/** Directories of containers, execs and volumes that an engine root still has, those on their way out among them. */
export const remainingDirectories = (root: string): string[] =>
  ['lib/containers', 'lib/trash', 'run/c', 'run/e', 'run/trash', 'lib/volumes'].flatMap((directory) =>
    list(join(root, directory)).map((name) => `directory ${join(root, directory, name)}`),
  );

/** What is still there after the kernel has had time (a minute) for what it does behind: taking links of dead namespaces away. */
export async function lasting(find: () => string[]): Promise<string[]> {
  for (let tries = 0; ; tries++) {
    const found = find();
    if (found.length === 0 || tries === 600) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
