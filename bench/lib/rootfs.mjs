// A root file system to run `true` and `sleep` in, made offline from busybox-static.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

const busybox = ['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path));

/** Fills `dir`; throws a sentence when busybox is not installed. */
export function makeRootfs(dir) {
  if (busybox === undefined) throw new Error('the benchmark needs busybox (Debian: busybox-static)');
  for (const name of ['bin', 'proc', 'dev', 'sys', 'etc', 'tmp'])
    mkdirSync(join(dir, name), { recursive: true });
  copyFileSync(busybox, join(dir, 'bin/busybox'));
  for (const name of ['true', 'sleep', 'sh', 'dd', 'cat']) symlinkSync('busybox', join(dir, 'bin', name));
  return dir;
}

/** A tar of `dir`, for `image import`. */
export function tarOf(dir, file) {
  execFileSync('tar', ['-C', dir, '-cf', file, '.']);
  return file;
}
