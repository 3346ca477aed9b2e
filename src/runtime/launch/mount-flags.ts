import { attributesOf, type MountAttributes } from './mount-attributes.ts';

/** MS_* of linux/mount.h. */
export const mountFlag = {
  readOnly: 1,
  nosuid: 2,
  nodev: 4,
  noexec: 8,
  synchronous: 16,
  remount: 32,
  mandlock: 64,
  dirsync: 128,
  nosymfollow: 256,
  noatime: 1024,
  nodiratime: 2048,
  bind: 4096,
  recursive: 16384,
  silent: 32768,
  relatime: 1 << 21,
  iVersion: 1 << 23,
  strictatime: 1 << 24,
  lazytime: 1 << 25,
} as const;

/** mount(8) words that set or clear a flag. */
const flagWords: Readonly<Record<string, { readonly set?: number; readonly clear?: number }>> = {
  defaults: {},
  ro: { set: mountFlag.readOnly },
  rw: { clear: mountFlag.readOnly },
  nosuid: { set: mountFlag.nosuid },
  suid: { clear: mountFlag.nosuid },
  nodev: { set: mountFlag.nodev },
  dev: { clear: mountFlag.nodev },
  noexec: { set: mountFlag.noexec },
  exec: { clear: mountFlag.noexec },
  sync: { set: mountFlag.synchronous },
  async: { clear: mountFlag.synchronous },
  dirsync: { set: mountFlag.dirsync },
  mand: { set: mountFlag.mandlock },
  nomand: { clear: mountFlag.mandlock },
  iversion: { set: mountFlag.iVersion },
  noiversion: { clear: mountFlag.iVersion },
  nosymfollow: { set: mountFlag.nosymfollow },
  symfollow: { clear: mountFlag.nosymfollow },
  noatime: { set: mountFlag.noatime },
  atime: { clear: mountFlag.noatime },
  nodiratime: { set: mountFlag.nodiratime },
  diratime: { clear: mountFlag.nodiratime },
  relatime: { set: mountFlag.relatime },
  norelatime: { clear: mountFlag.relatime },
  strictatime: { set: mountFlag.strictatime },
  nostrictatime: { clear: mountFlag.strictatime },
  lazytime: { set: mountFlag.lazytime },
  nolazytime: { clear: mountFlag.lazytime },
  silent: { set: mountFlag.silent },
  loud: { clear: mountFlag.silent },
};

const propagationWords = [
  'private',
  'rprivate',
  'shared',
  'rshared',
  'slave',
  'rslave',
  'unbindable',
  'runbindable',
] as const;
export type Propagation = (typeof propagationWords)[number];

export interface MountWords {
  readonly flags: number;
  /** Options for the file system: `mode=755,size=64k`. */
  readonly data: string;
  readonly bind: 'no' | 'bind' | 'rbind';
  readonly propagation: Propagation | undefined;
  /** Words that a bind's own flags can't express: clearing ones, access times, links. */
  readonly attributes: MountAttributes;
  /** `rnosuid` and the like: for the mount and everything mounted below, including `rro`. */
  readonly recursive: MountAttributes;
  /** Other owners inside: only for the mount, or with everything mounted below. */
  readonly idmap: 'no' | 'idmap' | 'ridmap';
  /** A tmpfs starts with a copy of what is below it. */
  readonly copyUp: boolean;
}

/** Reads the option words of an OCI mount; later words take precedence. */
export function parseMountWords(words: readonly string[]): MountWords {
  let flags = 0;
  let bind: MountWords['bind'] = 'no';
  let idmap: MountWords['idmap'] = 'no';
  let propagation: Propagation | undefined;
  const data: string[] = [];
  for (const word of words) {
    const flag = Object.hasOwn(flagWords, word) ? flagWords[word] : undefined;
    if (flag !== undefined) flags = (flags | (flag.set ?? 0)) & ~(flag.clear ?? 0);
    else if (word === 'bind' || word === 'rbind') bind = word;
    else if (word === 'idmap' || word === 'ridmap') idmap = word;
    else if ((propagationWords as readonly string[]).includes(word)) propagation = word as Propagation;
    else if (word !== '' && word !== 'tmpcopyup' && !isRecursiveWord(word)) data.push(word);
  }
  return {
    flags,
    data: data.join(','),
    bind,
    propagation,
    attributes: attributesOf(words.filter((word) => Object.hasOwn(flagWords, word))),
    recursive: attributesOf(words.filter(isRecursiveWord).map((word) => word.slice(1))),
    idmap,
    copyUp: words.includes('tmpcopyup'),
  };
}

/** Whether a word is an option of a mount, not of its file system. */
export function isMountWord(word: string): boolean {
  return (
    Object.hasOwn(flagWords, word) ||
    (propagationWords as readonly string[]).includes(word) ||
    isRecursiveWord(word) ||
    ['bind', 'rbind', 'idmap', 'ridmap', 'tmpcopyup', ''].includes(word)
  );
}

/** All words that are options of a mount, in order. */
export function mountWordNames(): string[] {
  const others = ['bind', 'rbind', 'idmap', 'ridmap', 'tmpcopyup'];
  return [...Object.keys(flagWords), ...propagationWords, ...recursiveWords, ...others].sort();
}

const recursiveWords = new Set(
  [
    ...['ro', 'rw', 'suid', 'nosuid', 'dev', 'nodev', 'exec', 'noexec', 'atime', 'noatime', 'diratime'],
    ...['nodiratime', 'relatime', 'norelatime', 'strictatime', 'nostrictatime', 'symfollow', 'nosymfollow'],
  ].map((word) => `r${word}`),
);

function isRecursiveWord(word: string): boolean {
  return recursiveWords.has(word);
}

/** Removes words that a later one overrides: `noexec … exec` leaves `exec`, `size=1 … size=2` the second. */
export function mergeMountWords(words: readonly string[]): string[] {
  const slot = (word: string): string => {
    const at = word.indexOf('=');
    if (at > 0) return word.slice(0, at);
    if (word === 'ro' || word === 'rw') return 'rw';
    return Object.hasOwn(flagWords, word) ? word.replace(/^no/, '') : word;
  };
  const last = new Map<string, number>();
  for (const [index, word] of words.entries()) last.set(slot(word), index);
  return words.filter((word, index) => last.get(slot(word)) === index);
}
