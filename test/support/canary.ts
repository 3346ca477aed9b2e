import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/** A tree of the host's that attacks aim at: files of every kind that somebody would like to read, write or run. */
export interface Canary {
  readonly path: string;
  /** What stands in its readable files; never to be seen in anything a command prints. */
  readonly secret: string;
  /**
   * One line a thing: contents, modes, owners, times of change and links of the whole tree, and the machine's own account and
   * resolver files, host name and kernel settings. Equal before and after: nothing was touched.
   */
  fingerprint(): string[];
}

/** Makes a canary at `path`, which must not exist. `program` is a static program that `echo` can be asked of. */
export function makeCanary(path: string, program: string): Canary {
  const secret = 'the secret of the canary';
  mkdirSync(join(path, 'etc'), { recursive: true });
  mkdirSync(join(path, 'empty'));
  for (const name of [
    'hosts',
    'resolv.conf',
    'hostname',
    'passwd',
    'group',
    'null',
    'console',
    'ptmx',
    'env',
  ])
    writeFileSync(join(path, name), `${secret}\n`);
  writeFileSync(join(path, 'etc/shadow'), `${secret}\n`, { mode: 0o600 });
  copyFileSync(program, join(path, 'busybox'));
  copyFileSync(program, join(path, 'setuid'));
  chmodSync(join(path, 'setuid'), 0o4755);
  chmodSync(join(path, 'empty'), 0o1777);
  symlinkSync('hosts', join(path, 'link'));
  return {
    path,
    secret,
    fingerprint: () => [...tree(path), ...machineFiles.map(fileLine), ...settings.map(fileLine)],
  };
}

const machineFiles = ['passwd', 'group', 'shadow', 'hosts', 'hostname', 'resolv.conf'].map(
  (name) => `/etc/${name}`,
);
const settings = ['core_pattern', 'hostname', 'domainname', 'modprobe'].map(
  (name) => `/proc/sys/kernel/${name}`,
);

/** A line of the users that tests make for themselves (makeUser, scripts/test-as-user.mjs), who come and go beside this one. */
const testUser = /^tc[tu]\d+(n\d+)?:.*\n/gm;

function fileLine(path: string): string {
  try {
    const bytes = readFileSync(path);
    const content = machineFiles.includes(path) ? bytes.toString('latin1').replaceAll(testUser, '') : bytes;
    return `${path} ${createHash('sha256').update(content).digest('hex')}`;
  } catch (error) {
    return `${path} ${(error as NodeJS.ErrnoException).code}`;
  }
}

function tree(path: string): string[] {
  const { mode, uid, gid, size, ctimeNs, nlink, ino } = lstatSync(path, { bigint: true });
  const line = [path, mode.toString(8), uid, gid, nlink, ino, size, ctimeNs].join(' ');
  if (lstatSync(path).isSymbolicLink()) return [`${line} ${readlinkSync(path)}`];
  if (!lstatSync(path).isDirectory()) return [line, fileLine(path)];
  return [
    line,
    ...readdirSync(path)
      .sort()
      .flatMap((name) => tree(join(path, name))),
  ];
}
