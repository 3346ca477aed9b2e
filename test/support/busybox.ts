import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const applets = [
  'sh',
  'cat',
  'echo',
  'env',
  'false',
  'head',
  'id',
  'ls',
  'mkdir',
  'mknod',
  'mount',
  'printf',
  'pwd',
  'rm',
  'sleep',
  'stat',
  'stty',
  'true',
  'touch',
  'wc',
  'yes',
];

/** The statically linked busybox of this machine (Debian: busybox-static); undefined when there is none. */
export function staticBusybox(): string | undefined {
  const found = spawnSync('sh', ['-c', 'command -v busybox'], { encoding: 'utf8' }).stdout.trim();
  if (found === '') return undefined;
  const path = realpathSync(found);
  return /not a dynamic executable|statically linked/.test(
    spawnSync('sh', ['-c', `ldd ${path} 2>&1`], { encoding: 'utf8' }).stdout,
  )
    ? path
    : undefined;
}

/** A root file system of busybox, packed as `<directory>/busybox.tar`. */
export function packBusybox(busybox: string, directory: string): string {
  const root = mkdtempSync(join(tmpdir(), 'tcompose-busybox-'));
  try {
    chmodSync(root, 0o755);
    mkdirSync(join(root, 'bin'));
    mkdirSync(join(root, 'etc'));
    mkdirSync(join(root, 'tmp'), { mode: 0o1777 });
    copyFileSync(busybox, join(root, 'bin/busybox'));
    for (const applet of applets) symlinkSync('busybox', join(root, 'bin', applet));
    writeFileSync(
      join(root, 'etc/passwd'),
      'root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n',
    );
    writeFileSync(join(root, 'etc/group'), 'root:x:0:\nalice:x:1000:\nwheel:x:10:root,alice\naudio:x:29:\n');
    const tar = join(directory, 'busybox.tar');
    const packed = spawnSync('tar', ['-C', root, '-cf', tar, '.'], { encoding: 'utf8' });
    if (packed.status !== 0) throw new Error(`tar: ${packed.stderr}`);
    return tar;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
