/** What mount_setattr(2) sets and clears, as MOUNT_ATTR_* of linux/mount.h. */
export interface MountAttributes {
  readonly set: number;
  readonly clear: number;
}

export const mountAttribute = {
  readOnly: 0x1,
  nosuid: 0x2,
  nodev: 0x4,
  noexec: 0x8,
  /** The access time modes are one field, in which relatime is 0. */
  accessTimes: 0x70,
  noatime: 0x10,
  strictatime: 0x20,
  nodiratime: 0x80,
  nosymfollow: 0x200000,
} as const;

const { readOnly, nosuid, nodev, noexec, accessTimes, noatime, strictatime, nodiratime, nosymfollow } =
  mountAttribute;

const words: Readonly<Record<string, MountAttributes>> = {
  ro: { set: readOnly, clear: 0 },
  rw: { set: 0, clear: readOnly },
  nosuid: { set: nosuid, clear: 0 },
  suid: { set: 0, clear: nosuid },
  nodev: { set: nodev, clear: 0 },
  dev: { set: 0, clear: nodev },
  noexec: { set: noexec, clear: 0 },
  exec: { set: 0, clear: noexec },
  noatime: { set: noatime, clear: accessTimes },
  atime: { set: 0, clear: accessTimes },
  relatime: { set: 0, clear: accessTimes },
  norelatime: { set: 0, clear: accessTimes },
  strictatime: { set: strictatime, clear: accessTimes },
  nostrictatime: { set: 0, clear: accessTimes },
  nodiratime: { set: nodiratime, clear: 0 },
  diratime: { set: 0, clear: nodiratime },
  nosymfollow: { set: nosymfollow, clear: 0 },
  symfollow: { set: 0, clear: nosymfollow },
};

/** The attributes for these words; later ones take precedence, others are ignored. */
export function attributesOf(given: readonly string[]): MountAttributes {
  let set = 0;
  let clear = 0;
  for (const word of given) {
    const one = Object.hasOwn(words, word) ? words[word] : undefined;
    if (one === undefined) continue;
    set = (set & ~one.clear) | one.set;
    clear = (clear & ~one.set) | one.clear;
  }
  return { set, clear };
}
