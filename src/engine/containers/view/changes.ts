import { ConfinedDirectory } from '../../../confined/confined-directory.ts';
import { isOpaque, isWhiteout, withoutMarks } from '../../../confined/copy-tree.ts';
import type { ConfinedEntry } from '../../../confined/entry.ts';
import { bytesOfPath, isWithin, joined, textOfPath } from '../../../confined/names.ts';
import { turns } from '../../../confined/turns.ts';
import type { Engine } from '../../context.ts';
import type { Container } from '../container.ts';
import { openImageRoot } from '../root/stopped-root.ts';

/** Kinds of GET /containers/{id}/changes. */
const modified = 0;
const added = 1;
const deleted = 2;

interface Change {
  readonly Path: string;
  readonly Kind: number;
}

/** Mount points that every container has; the start makes empty files or directories for them in the writable layer. */
const ownMounts = ['/dev', '/etc/hostname', '/etc/hosts', '/etc/resolv.conf', '/proc', '/sys'];

/**
 * What the writable layer has and the image has not (docker diff), sorted by path: whiteouts, and what an opaque
 * directory hides, are deletions. Empty mount points are left out, because the container did not make them.
 */
export async function listChanges(engine: Engine, container: Container): Promise<Change[]> {
  const image = engine.images.get(container.record.imageId);
  const rootfs = image === undefined ? undefined : await engine.images.rootfs(image);
  const targets = [
    ...ownMounts,
    ...container.record.mounts.map(({ target }) => target),
    ...Object.keys(container.hostConfig.Tmpfs ?? {}),
    ...(rootfs?.binds ?? []).map(({ target }) => target),
  ].map((target) => bytesOfPath(target).replace(/^\/+|\/+$/g, ''));
  const below = await openImageRoot(container, rootfs);
  const upper = ConfinedDirectory.at(container.upperDir);
  try {
    const walk = new ChangeWalk(upper, below, (path) => targets.some((target) => isWithin(target, path)));
    const changes = await walk.directory('');
    return changes.sort((a, b) => (a.Path < b.Path ? -1 : 1));
  } finally {
    upper.close();
    below.close();
    await rootfs?.release();
  }
}

class ChangeWalk {
  readonly #turn = turns();
  readonly #upper: ConfinedDirectory;
  readonly #below: ConfinedDirectory;
  readonly #leadsToMount: (path: string) => boolean;

  constructor(upper: ConfinedDirectory, below: ConfinedDirectory, leadsToMount: (path: string) => boolean) {
    this.#upper = upper;
    this.#below = below;
    this.#leadsToMount = leadsToMount;
  }

  /** Changes below a directory of the writable layer; none if it is no longer a directory. */
  async directory(path: string): Promise<Change[]> {
    const directory = this.#upper.find(path);
    if (!directory?.stat.isDirectory()) {
      directory?.close();
      return [];
    }
    const names = withoutMarks(await directory.names());
    const opaque = isOpaque(directory);
    directory.close();
    const changes = opaque ? await this.#hidden(path, names) : [];
    for (const name of names) {
      await this.#turn();
      const child = this.#upper.find(joined(path, name));
      if (child === undefined) continue;
      child.close();
      changes.push(...(await this.#entry(child)));
    }
    return changes;
  }

  async #hidden(path: string, names: readonly string[]): Promise<Change[]> {
    const hidden = this.#below.find(path);
    if (hidden === undefined) return [];
    try {
      const before = hidden.stat.isDirectory() ? await hidden.names() : [];
      return before
        .filter((name) => !names.includes(name))
        .map((name) => change(joined(path, name), deleted));
    } finally {
      hidden.close();
    }
  }

  async #entry({ path, stat }: ConfinedEntry): Promise<Change[]> {
    if (isWhiteout(stat)) return [change(path, deleted)];
    const there = this.#below.find(path);
    there?.close();
    const before = there?.stat;
    const inside = stat.isDirectory() ? await this.directory(path) : [];
    const same =
      before === undefined
        ? stat.isDirectory() || stat.size === 0
        : before.isDirectory() &&
          before.mode === stat.mode &&
          before.uid === stat.uid &&
          before.gid === stat.gid;
    if (same && inside.length === 0 && this.#leadsToMount(path)) return [];
    return [change(path, before === undefined ? added : modified), ...inside];
  }
}

const change = (path: string, Kind: number): Change => ({ Path: `/${textOfPath(path)}`, Kind });
