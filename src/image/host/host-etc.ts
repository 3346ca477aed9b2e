import { lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { SkeletonEntry } from './skeleton.ts';

/** What programs in /usr need from /etc, by prefix of the name; only what everybody may read is copied. */
const copied = [
  'alternatives',
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'localtime',
  'timezone',
  'os-release',
  'debian_version',
  'redhat-release',
  'alpine-release',
  'mime.types',
  'services',
  'protocols',
  'rpc',
  'ethertypes',
  'host.conf',
  'gai.conf',
  'magic',
  'inputrc',
  'bash.bashrc',
  'terminfo',
  'perl',
  'ssl/openssl.cnf',
  'ssl/certs',
  'ssl/cert.pem',
  'pki/tls/certs',
  'pki/tls/cert.pem',
  'pki/tls/openssl.cnf',
  'pki/ca-trust/extracted',
  'ca-certificates/extracted',
  'crypto-policies',
];
/** More names of /etc, which contain a version. */
const copiedPattern = /^(java-\d+|python3|ld-musl-)/;
const largestFile = 8 * 1024 * 1024;
const deepest = 6;

const generated: Readonly<Record<string, string>> = {
  passwd: [
    'root:x:0:0:root:/root:/bin/sh',
    'daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin',
    'bin:x:2:2:bin:/bin:/usr/sbin/nologin',
    'sys:x:3:3:sys:/dev:/usr/sbin/nologin',
    'mail:x:8:8:mail:/var/mail:/usr/sbin/nologin',
    'www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin',
    'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin',
    '',
  ].join('\n'),
  group: [
    'root:x:0:',
    'daemon:x:1:',
    'bin:x:2:',
    'sys:x:3:',
    'adm:x:4:',
    'tty:x:5:',
    'disk:x:6:',
    'mail:x:8:',
    'www-data:x:33:',
    'staff:x:50:',
    'users:x:100:',
    'nogroup:x:65534:',
    '',
  ].join('\n'),
  'nsswitch.conf': [
    'passwd: files',
    'group: files',
    'shadow: files',
    'hosts: files dns',
    'networks: files',
    'protocols: files',
    'services: files',
    'ethers: files',
    'rpc: files',
    '',
  ].join('\n'),
  shells: '/bin/sh\n/bin/bash\n',
  hosts: '127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n',
  // Mount points for the files that each container has of its own.
  hostname: '',
  'resolv.conf': '',
};

/** The container's /etc: generated files, and copies of what the machine's programs need. `hostRoot` is `/` except in tests. */
export function etcEntries(hostRoot: string): SkeletonEntry[] {
  const entries: SkeletonEntry[] = [{ kind: 'directory', path: '/etc', mode: 0o755 }];
  for (const [name, data] of Object.entries(generated))
    entries.push({ kind: 'file', path: `/etc/${name}`, data, mode: 0o644 });
  entries.push({ kind: 'symlink', path: '/etc/mtab', text: '/proc/mounts' });
  const versioned = names(join(hostRoot, 'etc')).filter((name) => copiedPattern.test(name));
  for (const name of [...copied, ...versioned]) copy(hostRoot, `/etc/${name}`, entries, 0);
  return entries;
}

function copy(hostRoot: string, path: string, entries: SkeletonEntry[], depth: number): void {
  const source = join(hostRoot, path);
  let stat = quietly(() => lstatSync(source));
  if (stat?.isSymbolicLink()) {
    const real = quietly(() => realpathSync(source));
    const end = real?.slice(hostRoot === '/' ? 0 : hostRoot.length);
    // A link stays a link when its target is in the container, too; else the target is copied in its place.
    if (end === undefined || /^\/(usr|lib|bin|sbin)\//.test(end)) {
      entries.push({ kind: 'symlink', path, text: readlinkSync(source) });
      return;
    }
    stat = quietly(() => statSync(source));
  }
  if (stat === undefined) return;
  if (stat.isFile() && (stat.mode & 0o004) !== 0 && stat.size <= largestFile) {
    const data = quietly(() => readFileSync(source));
    if (data !== undefined) entries.push({ kind: 'file', path, data, mode: 0o644 | (stat.mode & 0o111) });
  } else if (stat.isDirectory() && (stat.mode & 0o005) === 0o005 && depth < deepest) {
    entries.push({ kind: 'directory', path, mode: 0o755 });
    for (const name of names(source)) copy(hostRoot, `${path}/${name}`, entries, depth + 1);
  }
}

const names = (directory: string): string[] => quietly(() => readdirSync(directory).sort()) ?? [];

/** The machine may change while this runs; what can't be read is left out. */
function quietly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
