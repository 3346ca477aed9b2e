import { constants, createReadStream } from 'node:fs';
import { open, readlink } from 'node:fs/promises';
import { posix } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { pack as createPack, type Header, type Pack } from 'tar-stream';

import { deviceNumber } from '../containers/host/resolve-mounts.ts';
import type { ContainerRoot, RootEntry } from './container-root.ts';

type NewHeader = Partial<Header> & { readonly name: string };

/** Writes `entry` and what is below it as a tar whose first name is `name`. Resolves when all has been read by the client. */
export function packEntry(
  root: ContainerRoot,
  entry: RootEntry,
  name: string,
): { pack: Pack; done: Promise<void> } {
  const pack = createPack();
  const links = new Map<string, string>();
  const done = add(root, pack, entry, name, links).then(
    () => pack.finalize(),
    (error: Error) => pack.destroy(error),
  );
  return { pack, done: done as Promise<void> };
}

async function add(
  root: ContainerRoot,
  pack: Pack,
  entry: RootEntry,
  name: string,
  links: Map<string, string>,
): Promise<void> {
  const { stat } = entry;
  const header: NewHeader = {
    name,
    mode: stat.mode & 0o7777,
    uid: stat.uid,
    gid: stat.gid,
    mtime: stat.mtime,
    size: 0,
  };
  if (stat.isDirectory()) {
    await whole(pack, { ...header, name: name.endsWith('/') ? name : `${name}/`, type: 'directory' });
    for (const child of await root.children(entry)) {
      await add(root, pack, child, posix.join(name, posix.basename(child.path)), links);
    }
  } else if (stat.isSymbolicLink()) {
    await whole(pack, { ...header, type: 'symlink', linkname: await readlink(entry.real) });
  } else if (stat.isFile()) {
    const inode = `${stat.dev}:${stat.ino}`;
    const first = stat.nlink > 1 ? links.get(inode) : undefined;
    if (first !== undefined) return whole(pack, { ...header, type: 'link', linkname: first });
    if (stat.nlink > 1) links.set(inode, name);
    await file(pack, entry, header);
  } else if (stat.isCharacterDevice() || stat.isBlockDevice()) {
    const { major, minor } = deviceNumber(stat.rdev);
    const type = stat.isBlockDevice() ? 'block-device' : 'character-device';
    await whole(pack, { ...header, type, devmajor: major, devminor: minor });
  } else if (stat.isFIFO()) {
    await whole(pack, { ...header, type: 'fifo' });
  }
}

/** A file may grow or shrink while it is read: the size at its opening is what goes out, padded with zeros if need be. */
async function file(pack: Pack, entry: RootEntry, header: NewHeader): Promise<void> {
  const handle = await open(
    entry.real,
    constants.O_RDONLY | (entry.real.endsWith('/.') ? 0 : noFollow(entry.real)),
  );
  try {
    const size = (await handle.stat()).size;
    const sink = pack.entry({ ...header, type: 'file', size });
    let sent = 0;
    await pipeline(
      size === 0 ? [] : createReadStream('', { fd: handle.fd, autoClose: false, start: 0, end: size - 1 }),
      async function* (source) {
        for await (const chunk of source) {
          sent += (chunk as Buffer).length;
          yield chunk;
        }
        if (sent < size) yield Buffer.alloc(size - sent);
      },
      sink,
    );
  } finally {
    await handle.close();
  }
}

/** A bare descriptor path (/proc/self/fd/N) is itself a link, to a file that is already decided on. */
function noFollow(real: string): number {
  return /^\/proc\/self\/fd\/\d+$/.test(real) ? 0 : constants.O_NOFOLLOW;
}

function whole(pack: Pack, header: NewHeader): Promise<void> {
  return new Promise((resolve, reject) => {
    pack.entry(header, (error) => (error ? reject(error) : resolve()));
  });
}
