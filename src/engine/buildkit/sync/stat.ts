import type { WireStat } from '../messages/session.ts';
import { GrpcError } from '../wire/status.ts';

/** Go's os.FileMode: its own type bits, and the usual permissions. */
const goMode = {
  directory: 0x80000000,
  link: 0x08000000,
  device: 0x04000000,
  pipe: 0x02000000,
  socket: 0x01000000,
  setuid: 0x00800000,
  setgid: 0x00400000,
  character: 0x00200000,
  sticky: 0x00100000,
  irregular: 0x00080000,
} as const;

export type EntryKind = 'directory' | 'link' | 'file' | 'hard-link' | 'pipe' | 'character' | 'block';

/** An entry reported by the sender, after checks. */
export interface Entry {
  readonly kind: EntryKind;
  /** Relative, normalised, not empty; bytes in latin1 (confined/names.ts). */
  readonly path: string;
  /** Permissions with setuid, setgid and sticky. */
  readonly mode: number;
  readonly size: number;
  /** Nanoseconds since 1970. */
  readonly modified: bigint;
  /** Text of a symbolic link, or the path that a hard link refers to; bytes in latin1. */
  readonly link: string;
  readonly major: number;
  readonly minor: number;
  readonly attributes: ReadonlyMap<string, Buffer>;
}

const longestPath = 4095;
const longestName = 255;
const longestLink = 4095;
const refused = (message: string): GrpcError => new GrpcError('invalid-argument', message);

/** Checks a client's description of an entry. Undefined for a socket, which has no content. @throws GrpcError */
export function readStat(stat: Partial<WireStat>): Entry | undefined {
  const { mode = 0, size = 0, modified = 0n, linkName = '', major = 0, minor = 0 } = stat;
  const path = checkedPath(stat.path ?? '');
  const kind = kindOf(mode >>> 0, linkName);
  if (kind === undefined) return undefined;
  if (size < 0 || !Number.isSafeInteger(size))
    throw refused(`${shown(path)} has a size that no file can have`);
  if (kind === 'character' && major === 0 && minor === 0)
    throw refused(`${shown(path)} is a device 0:0, which marks deletions in layers and is not a device`);
  if (kind === 'link' && (linkName === '' || linkName.includes('\0') || linkName.length > longestLink))
    throw refused(`${shown(path)} has a text that no link can have`);
  const special = [
    [goMode.setuid, 0o4000],
    [goMode.setgid, 0o2000],
    [goMode.sticky, 0o1000],
  ] as const;
  return {
    kind,
    path,
    mode: special.reduce((sum, [bit, own]) => ((mode & bit) === 0 ? sum : sum | own), mode & 0o777),
    size: kind === 'file' ? size : 0,
    modified,
    link: kind === 'hard-link' ? checkedPath(linkName) : Buffer.from(linkName).toString('latin1'),
    major,
    minor,
    attributes: stat.attributes ?? new Map(),
  };
}

function kindOf(mode: number, linkName: string): EntryKind | undefined {
  if ((mode & goMode.directory) !== 0) return 'directory';
  if ((mode & goMode.link) !== 0) return 'link';
  if ((mode & goMode.pipe) !== 0) return 'pipe';
  if ((mode & goMode.device) !== 0) return (mode & goMode.character) !== 0 ? 'character' : 'block';
  if ((mode & (goMode.socket | goMode.irregular)) !== 0) return undefined;
  return linkName === '' ? 'file' : 'hard-link';
}

/** A path as bytes that stays inside the tree and has only one spelling. */
function checkedPath(text: string): string {
  const path = Buffer.from(text).toString('latin1');
  const bad =
    path === '' ||
    path.length > longestPath ||
    path.includes('\0') ||
    path.split('/').some((name) => name === '' || name === '.' || name === '..' || name.length > longestName);
  if (bad) throw refused(`${shown(path)} is not a path inside the tree`);
  return path;
}

const shown = (path: string): string => JSON.stringify(Buffer.from(path.slice(0, 200), 'latin1').toString());

/** The order in which a tree is listed: names by their bytes, a directory's entries right after it. */
export function comparePaths(a: string, b: string): number {
  const [one, other] = [a.replaceAll('/', '\0'), b.replaceAll('/', '\0')];
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/** Checks that a tree is listed in order, every entry after its directory. */
export class TreeOrder {
  readonly #above: string[] = [];
  #last = '';

  /** @throws GrpcError */
  take(path: string, directory: boolean): void {
    if (this.#last !== '' && comparePaths(path, this.#last) <= 0)
      throw refused(`${shown(path)} is listed out of order, after ${shown(this.#last)}`);
    this.#last = path;
    while (this.#above.length > 0 && !path.startsWith(`${this.#above.at(-1)}/`)) this.#above.pop();
    const parent = path.slice(0, Math.max(0, path.lastIndexOf('/')));
    if (parent !== (this.#above.at(-1) ?? ''))
      throw refused(`${shown(path)} is in a directory that was not listed`);
    if (directory) this.#above.push(path);
  }
}

/** Go's mode of an entry to send. */
export function goModeOf(
  kind: 'directory' | 'link' | 'file' | 'pipe' | 'character' | 'block',
  mode: number,
): number {
  const type = {
    directory: goMode.directory,
    link: goMode.link,
    file: 0,
    pipe: goMode.pipe,
    character: goMode.device | goMode.character,
    block: goMode.device,
  }[kind];
  const special =
    ((mode & 0o4000) === 0 ? 0 : goMode.setuid) |
    ((mode & 0o2000) === 0 ? 0 : goMode.setgid) |
    ((mode & 0o1000) === 0 ? 0 : goMode.sticky);
  return (type | special | (mode & 0o777)) >>> 0;
}
