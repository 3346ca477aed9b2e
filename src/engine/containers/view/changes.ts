import { constants } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join, posix } from 'node:path';
import type { Engine } from '../../context.ts';
import type { Container } from '../container.ts';
import { isOpaque, openLayers } from '../host/layered-root.ts';

/** Kinds of GET /containers/{id}/changes. */
const modified = 0;
const added = 1;
const deleted = 2;

interface Change {
  readonly Path: string;
  readonly Kind: number;
}

/** Where every container has a mount; the start makes an empty place for it in the writable layer. */
const ownMounts = ['/dev', '/etc/hostname', '/etc/hosts', '/etc/resolv.conf', '/proc', '/sys'];

/**
 * What the writable layer has that the image has not (docker diff), sorted by path: whiteouts, and what an opaque directory
 * hides, are deletions. Empty places made for mounts are not the container's doing and left out.
 */
export async function listChanges(engine: Engine, container: Container): Promise<Change[]> {
  const image = engine.images.get(container.record.imageId);
  const rootfs = image === undefined ? undefined : await engine.images.rootfs(image);
  const below = openLayers(rootfs?.lowerDirs ?? []);
  const targets = [
    ...ownMounts,
    ...container.record.mounts.map(({ target }) => target),
    ...Object.keys(container.hostConfig.Tmpfs ?? {}),
    ...(rootfs?.binds ?? []).map(({ target }) => target),
  ];
  const leadsToMount = (path: string): boolean =>
    targets.some((target) => target === path || target.startsWith(`${path}/`));

  const walk = async (path: string): Promise<Change[]> => {
    const changes: Change[] = [];
    const real = join(container.upperDir, path);
    const names = await readdir(real);
    if (isOpaque(real)) {
      const hidden = await below.find(path, false);
      const gone = hidden === undefined ? [] : await below.list(hidden);
      for (const name of gone) {
        if (!names.includes(name)) changes.push({ Path: posix.join(path, name), Kind: deleted });
      }
    }
    for (const name of names) {
      const child = posix.join(path, name);
      const stat = await lstat(join(container.upperDir, child));
      if ((stat.mode & constants.S_IFMT) === constants.S_IFCHR && stat.rdev === 0) {
        changes.push({ Path: child, Kind: deleted });
        continue;
      }
      const before = (await below.find(child, false))?.stat;
      const inside = stat.isDirectory() ? await walk(child) : [];
      const same =
        before === undefined
          ? stat.isDirectory() || stat.size === 0
          : before.isDirectory() &&
            before.mode === stat.mode &&
            before.uid === stat.uid &&
            before.gid === stat.gid;
      if (same && inside.length === 0 && leadsToMount(child)) continue;
      changes.push({ Path: child, Kind: before === undefined ? added : modified }, ...inside);
    }
    return changes;
  };
  try {
    return (await walk('/')).sort((a, b) => (a.Path < b.Path ? -1 : 1));
  } finally {
    await rootfs?.release();
  }
}
