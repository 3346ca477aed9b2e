import { constants, type Stats } from 'node:fs';
import {
  chmod,
  copyFile,
  lchown,
  link,
  lstat,
  lutimes,
  mkdir,
  readdir,
  readlink,
  rm,
  symlink,
} from 'node:fs/promises';
import { errnoOf, type LayerSystem } from './layer-system.ts';

const slash = Buffer.from('/');
const opaqueNames = ['trusted.overlay.opaque', 'user.overlay.opaque'];

/**
 * Writes what an overlay of `lowerDirs` (top first) would show into the new directory `target`: for data roots on which
 * no overlay can be mounted. Owners, modes, times, extended attributes, hard links within a layer and nodes are kept.
 */
export async function copyLayers(
  lowerDirs: readonly string[],
  target: string,
  system: LayerSystem,
): Promise<void> {
  await mkdir(target, { recursive: true, mode: 0o755 });
  for (const lowerDir of [...lowerDirs].reverse()) {
    const copier = new LayerCopier(system);
    // A link name stands for the directory: the slash makes the kernel look behind it.
    await copier.directory(Buffer.from(`${lowerDir}/.`), Buffer.from(target));
  }
}

class LayerCopier {
  readonly #system: LayerSystem;
  /** `device:inode` of files with several names → where the first one was copied to. */
  readonly #links = new Map<string, Buffer>();

  constructor(system: LayerSystem) {
    this.#system = system;
  }

  async directory(source: Buffer, target: Buffer): Promise<void> {
    for (const name of await readdir(source, { encoding: 'buffer' })) {
      const from = Buffer.concat([source, slash, name]);
      const to = Buffer.concat([target, slash, name]);
      const stat = await lstat(from);
      const there = await lstat(to).catch(nothing);
      const opaque = stat.isDirectory() && this.#isOpaque(from);
      if (there !== undefined && !(there.isDirectory() && stat.isDirectory() && !opaque))
        await rm(to, { recursive: true, force: true });
      if (isWhiteout(stat)) continue;
      await this.#entry(from, to, stat);
    }
    await this.#attributes(source, target, await lstat(source));
  }

  async #entry(from: Buffer, to: Buffer, stat: Stats): Promise<void> {
    if (stat.isDirectory()) {
      await mkdir(to, { mode: 0o700 }).catch((error) => {
        if (errnoOf(error) !== 'EEXIST') throw error;
      });
      return this.directory(from, to);
    }
    const inode = `${stat.dev}:${stat.ino}`;
    const copied = stat.nlink > 1 ? this.#links.get(inode) : undefined;
    if (copied !== undefined) return link(copied, to);
    if (stat.isSymbolicLink()) await symlink(await readlink(from, { encoding: 'buffer' }), to);
    else if (stat.isFile()) await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    else if (stat.isSocket()) return;
    else this.#system.makeNode(to, stat.mode, major(stat.rdev), minor(stat.rdev));
    if (stat.nlink > 1) this.#links.set(inode, to);
    await this.#attributes(from, to, stat);
  }

  async #attributes(from: Buffer, to: Buffer, stat: Stats): Promise<void> {
    await lchown(to, stat.uid, stat.gid);
    for (const name of this.#system.listExtendedAttributes(from)) {
      if (/^(trusted|user)\.overlay\./.test(name)) continue;
      const value = this.#system.getExtendedAttribute(from, name);
      if (value !== undefined) this.#system.setExtendedAttribute(to, name, value);
    }
    if (!stat.isSymbolicLink()) await chmod(to, stat.mode & 0o7777);
    await lutimes(to, stat.atime, stat.mtime);
  }

  #isOpaque(directory: Buffer): boolean {
    return opaqueNames.some((name) => this.#system.getExtendedAttribute(directory, name)?.toString() === 'y');
  }
}

/** overlayfs marks a name as deleted by a character device 0:0. */
const isWhiteout = (stat: Stats): boolean => stat.isCharacterDevice() && stat.rdev === 0;

/** Device numbers out of glibc's 64-bit form, which stat(2) gives. */
const major = (device: number): number =>
  Number(((BigInt(device) >> 8n) & 0xfffn) | ((BigInt(device) >> 32n) & ~0xfffn));
const minor = (device: number): number =>
  Number((BigInt(device) & 0xffn) | ((BigInt(device) >> 12n) & 0xffffff00n));

function nothing(error: unknown): undefined {
  if (errnoOf(error) === 'ENOENT') return undefined;
  throw error;
}
