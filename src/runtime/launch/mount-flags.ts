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

const propagationWords = ['private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave'] as const;
type Propagation = (typeof propagationWords)[number];

export interface MountWords {
  readonly flags: number;
  /** What is left for the file system: `mode=755,size=64k`. */
  readonly data: string;
  readonly bind: 'no' | 'bind' | 'rbind';
  readonly propagation: Propagation | undefined;
  /** `rro`: everything below too. */
  readonly recursiveReadOnly: boolean;
  /** Create the target of a bind as a file or directory by the source's kind (runc's words are absent: always). */
}

/** Reads the option words of an OCI mount; later words win. */
export function parseMountWords(words: readonly string[]): MountWords {
  let flags = 0;
  let bind: MountWords['bind'] = 'no';
  let propagation: Propagation | undefined;
  let recursiveReadOnly = false;
  const data: string[] = [];
  for (const word of words) {
    const flag = Object.hasOwn(flagWords, word) ? flagWords[word] : undefined;
    if (flag !== undefined) flags = (flags | (flag.set ?? 0)) & ~(flag.clear ?? 0);
    else if (word === 'bind' || word === 'rbind') bind = word;
    else if ((propagationWords as readonly string[]).includes(word)) propagation = word as Propagation;
    else if (word === 'rro') {
      flags |= mountFlag.readOnly;
      recursiveReadOnly = true;
    } else if (word !== '') data.push(word);
  }
  return { flags, data: data.join(','), bind, propagation, recursiveReadOnly };
}

/** Words without those that a later one overrides: `noexec … exec` leaves `exec`, `size=1 … size=2` the second. */
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
