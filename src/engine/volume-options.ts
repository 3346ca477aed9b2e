import { isIP } from 'node:net';
import type { FileSystem } from '../sys/mount/mount-at.ts';
import type { StringMap } from './api/common.ts';
import { badParameter } from './http/failure.ts';

/** The kinds of volumes of the local driver, by their options. */
export type VolumeKind =
  /** A directory of the engine. */
  | { readonly kind: 'directory' }
  /** A directory of the host. */
  | { readonly kind: 'bind'; readonly device: string }
  /** A file system that is mounted while a container uses it. */
  | { readonly kind: 'mount'; readonly fileSystem: FileSystem; readonly address?: string };

const known = ['type', 'o', 'device', 'size'];
/** mount(8)'s names of MOUNT_ATTR_* bits. */
const attributes: Readonly<Record<string, number>> = {
  ro: 0x1,
  nosuid: 0x2,
  nodev: 0x4,
  noexec: 0x8,
  noatime: 0x10,
  strictatime: 0x20,
  nodiratime: 0x80,
};
/** Options that only confirm the default. */
const defaults = ['rw', 'suid', 'dev', 'exec', 'atime', 'diratime', 'relatime', 'defaults', 'async', ''];
/** File systems that are views of the kernel: wherever they are mounted, they show and change the machine. */
const kernelTypes = new Set(
  'binfmt_misc bpf cgroup cgroup2 configfs debugfs devpts devtmpfs efivarfs fusectl mqueue nsfs proc pstore rpc_pipefs securityfs selinuxfs smackfs sysfs tracefs'.split(
    ' ',
  ),
);
const remoteTypes = /^(nfs4?|cifs|smb3|ceph|9p|fuse)/;

/**
 * The options of Docker's local driver: `type`, `device` and `o` as in mount(8); all three, or none except `o`. Throws
 * 400. Pure.
 */
export function volumeKind(options: StringMap): VolumeKind {
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown !== undefined) throw badParameter(`invalid option: "${unknown}"`);
  if (Object.keys(options).length === 0) return { kind: 'directory' };
  if (options.size !== undefined)
    throw badParameter(
      'quota size requested but no quota support',
      'a tmpfs takes its size in the option "o": o=size=100m',
    );
  const { type = '', device = '', o = '' } = options;
  const words = o.split(',');
  if (words.some((word) => word === 'bind' || word === 'rbind')) {
    if (device === '') throw badParameter('missing required option: "device"');
    if (!device.startsWith('/'))
      throw badParameter(`the device of a bind must be an absolute path: "${device}"`);
    return { kind: 'bind', device };
  }
  if (device === '') throw badParameter('missing required option: "device"');
  if (type === '') throw badParameter('missing required option: "type"');
  if (kernelTypes.has(type)) {
    throw badParameter(
      `a volume cannot be of type "${type}": that is the kernel's own view of the machine`,
      'bind the one file that is needed, read-only',
    );
  }
  const own = words.filter((word) => !defaults.includes(word) && attributes[word] === undefined);
  const pairs = own.map((word): [string, string | undefined] => {
    const at = word.indexOf('=');
    return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
  });
  const address = pairs.find(([name]) => name === 'addr')?.[1];
  return {
    kind: 'mount',
    ...(address === undefined || isIP(address) !== 0 ? {} : { address }),
    fileSystem: {
      type,
      source: device,
      attributes: words.reduce((bits, word) => bits | (attributes[word] ?? 0), 0),
      options: words.includes('ro') ? [...pairs, ['ro', undefined]] : pairs,
      remote: remoteTypes.test(type),
    },
  };
}
