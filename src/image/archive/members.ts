import { mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { parseBoundedJson } from '../../bounded-json.ts';
import { TcomposeError } from '../../errors.ts';
import { archiveError, shownName } from '../../tar/archive-error.ts';
import { archivePath } from '../../tar/archive-path.ts';
import { type TarEntry, TarReader } from '../../tar/tar-reader.ts';
import { decompress } from '../unpack/decompress.ts';

/** Members that are text are at most so long, and so long together: they are held in memory. */
const longestText = 8 * 1024 * 1024;
const mostText = 32 * 1024 * 1024;
/** Files and links of an archive: their names are held in memory, and each file takes an inode. */
const mostMembers = 50_000;
const mostLinks = 40;

/**
 * The files of an image archive, stored on disk under numbers and found by their names in the archive: no name becomes
 * a path.
 */
export class ArchiveMembers {
  readonly #directory: string;
  readonly #files = new Map<string, string>();
  readonly #links = new Map<string, string>();
  readonly #texts = new Map<string, Buffer>();
  #written = 0;
  #textBytes = 0;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /**
   * Reads an archive to its end, in whatever order it is, plain or compressed, into the new directory `directory`.
   * `before` is called before each write. Members that are neither file nor link are skipped.
   * @throws TcomposeError IMAGE_ARCHIVE
   */
  static async read(
    stream: AsyncIterable<Uint8Array>,
    directory: string,
    before: (path: string) => void,
  ): Promise<ArchiveMembers> {
    await mkdir(directory, { mode: 0o700 });
    const members = new ArchiveMembers(directory);
    const { chunks } = await decompress(stream);
    const reader = new TarReader(chunks);
    try {
      for (let entry = await reader.next(); entry !== undefined; entry = await reader.next())
        await members.#add(entry, reader, before);
    } finally {
      await reader.close().catch(() => undefined);
    }
    return members;
  }

  async #add(entry: TarEntry, reader: TarReader, beforeWrite: (path: string) => void): Promise<void> {
    const name = archivePath(entry.name);
    if (this.#written + this.#links.size >= mostMembers)
      throw archiveError(`it has more than ${mostMembers} files`);
    if (entry.type === 'symlink')
      this.#links.set(
        name,
        entry.linkName.startsWith('/') ? entry.linkName : posix.join(posix.dirname(name), entry.linkName),
      );
    else if (entry.type === 'hardlink') this.#links.set(name, entry.linkName);
    if (entry.type !== 'file') return;
    const path = join(this.#directory, String(this.#written++));
    beforeWrite(path);
    const file = await open(path, 'wx', 0o600);
    try {
      for (let piece = await reader.read(); piece !== undefined; piece = await reader.read())
        for (let at = 0; at < piece.length; ) at += (await file.write(piece, at)).bytesWritten;
    } finally {
      await file.close();
    }
    this.#links.delete(name);
    const before = this.#files.get(name);
    if (before !== undefined) await rm(before);
    this.#files.set(name, path);
  }

  /** Where the content of a member is stored; links are followed inside the archive. */
  path(name: string): string | undefined {
    let at = posix.normalize(name).replace(/^(?:\.\/|\/)+/, '');
    for (let links = 0; links < mostLinks; links++) {
      const file = this.#files.get(at);
      if (file !== undefined) return file;
      const to = this.#links.get(at);
      if (to === undefined) return undefined;
      at = posix.normalize(to).replace(/^(?:\.\/|\/)+/, '');
    }
    return undefined;
  }

  /** @throws TcomposeError IMAGE_ARCHIVE naming the missing member */
  need(name: string): string {
    const path = this.path(name);
    if (path === undefined) throw archiveError(`${shownName(name)}, which it refers to, is not in it`);
    return path;
  }

  /** Content of a small member; undefined when there is no such member. */
  async bytes(name: string): Promise<Buffer | undefined> {
    const path = this.path(name);
    if (path === undefined) return undefined;
    const known = this.#texts.get(path);
    if (known !== undefined) return known;
    const { size } = await stat(path);
    if (size > longestText)
      throw archiveError(`${shownName(name)} has ${size} bytes, and should be a short text`);
    this.#textBytes += size;
    if (this.#textBytes > mostText)
      throw archiveError(
        `the texts in it have more than ${mostText} bytes together; save fewer images at a time`,
      );
    const bytes = await readFile(path);
    this.#texts.set(path, bytes);
    return bytes;
  }

  /** The same, parsed as JSON. @throws TcomposeError IMAGE_ARCHIVE */
  async json(name: string): Promise<unknown> {
    const bytes = await this.bytes(name);
    if (bytes === undefined) return undefined;
    try {
      return parseBoundedJson(bytes);
    } catch (error) {
      throw archiveError(`${shownName(name)} is not JSON (${(error as Error).message})`);
    }
  }

  names(): string[] {
    return [...this.#files.keys(), ...this.#links.keys()];
  }
}

/** The error for an archive without an image: it says what the archive seems to be instead. */
export function noImage(names: readonly string[]): TcomposeError {
  const has = (...wanted: readonly string[]) =>
    wanted.some((one) => names.some((name) => name === one || name.startsWith(`${one}/`)));
  const below = names.find((name) => /^[^/]+\/(?:index|manifest)\.json$/.test(name));
  const seems: readonly (readonly [boolean, string, string])[] = [
    [has('index.json'), 'and its index.json lists none', 'Write it again with `tcompose image save`.'],
    [
      below !== undefined,
      `there is a ${shownName(below ?? '')}, which should be at the top`,
      `Pack what is in the directory: tar -C ${shownName(below?.split('/')[0] ?? '')} -c .`,
    ],
    [names.length === 0, 'it is empty', 'Write it again with `tcompose image save`.'],
    [
      has('Chart.yaml') || names.some((name) => /^[^/]+\/Chart\.yaml$/.test(name)),
      'it seems to be a Helm chart',
      'Charts are for helm.',
    ],
    [
      has('Dockerfile', 'Containerfile'),
      'it seems to be a build context',
      '`tcompose build` makes an image of one.',
    ],
    [
      has('bin', 'usr', 'etc', 'sbin', 'lib'),
      'it seems to be a root file system',
      '`tcompose image import` makes an image of one.',
    ],
    [has('config.json') && has('rootfs'), 'it seems to be an OCI bundle', '`tcompose oci run` starts one.'],
  ];
  const [, what, hint] = seems.find(([is]) => is) ?? [
    true,
    'it has neither index.json nor manifest.json nor repositories',
    'An image archive is what `image save`, skopeo (docker-archive, oci-archive) and buildx write.',
  ];
  return new TcomposeError('IMAGE_ARCHIVE', `the archive cannot be used: there is no image in it, ${what}`, {
    hint,
  });
}
