import { type Stats, statSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { ConfinedDirectory } from '../../../confined/confined-directory.ts';
import { makeDirectoryAt } from '../../../sys/at-calls.ts';
import type { Engine } from '../../context.ts';

/** Who writes to one of these has the machine anyway, and links in them (/var/run) are the machine's own. */
const system = new Set(['/', '/boot', '/dev', '/etc', '/lib', '/root', '/run', '/usr', '/var', '/var/lib']);

/** Identities of the directories that some container can write to: what lies in them may be a link by the next look. */
export function writableDirectories(engine: Pick<Engine, 'volumes' | 'containers'>): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { record } of engine.containers.all()) {
    for (const mount of record.mounts) {
      if (mount.readOnly || mount.type === 'tmpfs') continue;
      const volume = mount.type === 'volume' ? engine.volumes.get(mount.volume!) : undefined;
      const path = mount.type === 'bind' ? mount.source : volume && engine.volumes.dataPath(volume);
      const stat = path === undefined ? undefined : statSync(path, { throwIfNoEntry: false });
      if (stat !== undefined) found.add(identity(stat));
    }
  }
  return found;
}

/** The topmost directory above `path` that is one of `writable`. Absolute paths. */
export function writableAbove(path: string, writable: ReadonlySet<string>): string | undefined {
  if (writable.size === 0) return undefined;
  const above: string[] = [];
  for (let at = dirname(path); ; at = dirname(at)) {
    above.unshift(at);
    if (at === '/') break;
  }
  return above.find((directory) => {
    if (system.has(directory)) return false;
    const stat = statSync(directory, { throwIfNoEntry: false });
    return stat !== undefined && writable.has(identity(stat));
  });
}

/** Makes the directory `path` and its missing parents (0755) below `root`, out of which no link leads. */
export function makeBelow(root: string, path: string): void {
  const tree = ConfinedDirectory.at(root);
  try {
    const { directory, name } = tree.place(relative(root, path));
    makeDirectoryAt(directory, name, 0o755);
  } finally {
    tree.close();
  }
}

function identity({ dev, ino }: Stats): string {
  return `${dev}:${ino}`;
}
