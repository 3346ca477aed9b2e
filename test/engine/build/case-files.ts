import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { SetupStep } from '../../conformance/dockerfile/cases.ts';

/** Time of every file of a context unless a step says otherwise. */
const usualTime = 1704067200;

/** Modes and times that the cases are meant to have, wherever they were unpacked. */
export function normalise(path: string): void {
  const stat = lstatSync(path);
  if (stat.isSymbolicLink()) return;
  if (stat.isDirectory()) for (const name of readdirSync(path)) normalise(join(path, name));
  chmodSync(path, stat.isDirectory() || (stat.mode & 0o100) !== 0 ? 0o755 : 0o644);
  utimesSync(path, usualTime, usualTime);
}

/** A copy of a case with `@SALT@` replaced in its files. */
export function copyCase(from: string, to: string, salt: string): void {
  cpSync(from, to, { recursive: true, verbatimSymlinks: true });
  spawnSync('chmod', ['-R', 'u+w', to]);
  const replace = (path: string): void => {
    const stat = lstatSync(path);
    if (stat.isDirectory()) for (const name of readdirSync(path)) replace(join(path, name));
    else if (stat.isFile()) {
      const text = readFileSync(path);
      if (text.includes('@SALT@')) writeFileSync(path, text.toString().replaceAll('@SALT@', salt));
    }
  };
  replace(to);
  normalise(to);
}

const number = (value: unknown, radix = 8): number => Number.parseInt(String(value), radix);

/** Changes a context as a case's `setup` says. */
export async function applySetup(
  root: string,
  steps: readonly SetupStep[] | undefined,
  round = 0,
): Promise<void> {
  for (const step of steps ?? []) {
    const path = join(root, String(step.path));
    if (step.op !== 'remove') mkdirSync(dirname(path), { recursive: true });
    await operations[String(step.op)]!(path, step, root, round);
  }
}

type Operation = (path: string, step: SetupStep, root: string, round: number) => Promise<void> | void;

function contentOf(step: SetupStep): Buffer {
  if (step.base64 !== undefined) return Buffer.from(String(step.base64), 'base64');
  if (step.hex !== undefined) return Buffer.from(String(step.hex), 'hex');
  return Buffer.from(String(step.content ?? ''));
}

const operations: Readonly<Record<string, Operation>> = {
  write(path, step, _root, round) {
    writeFileSync(
      path,
      contentOf(step)
        .toString('latin1')
        .repeat(Number(step.repeat ?? 1)),
      'latin1',
    );
    chmodSync(path, number(step.mode ?? '644'));
    const time = Number(step.mtime ?? usualTime + 60 * round);
    utimesSync(path, time, time);
  },
  mkdir(path, step) {
    mkdirSync(path, { recursive: true });
    chmodSync(path, number(step.mode ?? '755'));
  },
  symlink: (path, step) => symlinkSync(String(step.target), path),
  hardlink: (path, step, root) => linkSync(join(root, String(step.target)), path),
  chmod: (path, step) => chmodSync(path, number(step.mode)),
  chown: (path, step) => chownSync(path, Number(step.uid), Number(step.gid)),
  mtime: (path, step) => utimesSync(path, Number(step.time), Number(step.time)),
  mkfifo: (path) => void spawnSync('mkfifo', [path]),
  socket: (path) =>
    new Promise<void>((resolve) => {
      const place = `${path}.s`;
      const server = createServer().listen(place, () => {
        linkSync(place, path);
        server.close(() => resolve());
      });
    }),
  mknod(path, step) {
    const [major, minor] = step.dev as readonly number[];
    spawnSync('mknod', [path, 'c', String(major), String(minor)]);
  },
  tar(path, step) {
    writeFileSync(path, compressed(tarOf(step.entries as readonly TarItem[]), step.compression));
    utimesSync(path, usualTime, usualTime);
  },
  gzip(path, step) {
    writeFileSync(path, compressed(contentOf(step), 'gzip'));
    utimesSync(path, usualTime, usualTime);
  },
  remove: (path) => rmSync(path, { recursive: true }),
  rename: (path, step, root) => renameSync(path, join(root, String(step.to))),
};

function compressed(bytes: Buffer, kind: unknown): Buffer {
  const programs: Record<string, readonly string[]> = {
    bzip2: ['bzip2', '-c'],
    zstd: ['zstd', '-qc'],
    xz: ['xz', '-c'],
  };
  if (kind === undefined) return bytes;
  if (kind === 'gzip') return gzipSync(bytes, { level: 9 });
  const [program = '', ...args] = programs[String(kind)] ?? [];
  const { stdout, status } = spawnSync(program, args, { input: bytes, maxBuffer: 1 << 26 });
  if (status !== 0) throw new Error(`${program} is not here`);
  return stdout;
}

interface TarItem {
  readonly path: string;
  readonly type?: string;
  readonly content?: string;
  readonly target?: string;
  readonly mode?: string;
  readonly uid?: number;
  readonly gid?: number;
  readonly mtime?: number;
  readonly dev?: readonly [number, number];
}

const types: Readonly<Record<string, string>> = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  char: '3',
  dir: '5',
  fifo: '6',
};

/** A plain ustar archive. */
export function tarOf(items: readonly TarItem[]): Buffer {
  const blocks = items.flatMap((item) => {
    const kind = item.type ?? 'file';
    const data = kind === 'file' ? Buffer.from(item.content ?? '') : Buffer.alloc(0);
    const header = Buffer.alloc(512);
    const octal = (value: number, at: number, size: number) =>
      header.write(`${value.toString(8).padStart(size - 1, '0')}\0`, at, 'latin1');
    header.write(item.path, 0);
    octal(item.mode === undefined ? (kind === 'dir' ? 0o755 : 0o644) : number(item.mode), 100, 8);
    octal(item.uid ?? 0, 108, 8);
    octal(item.gid ?? 0, 116, 8);
    octal(data.length, 124, 12);
    octal(item.mtime ?? usualTime, 136, 12);
    header.write('        ', 148);
    header.write(types[kind]!, 156);
    header.write(item.target ?? '', 157);
    header.write('ustar\x0000', 257, 'latin1');
    if (item.dev !== undefined) {
      octal(item.dev[0], 329, 8);
      octal(item.dev[1], 337, 8);
    }
    octal(
      header.reduce((sum, byte) => sum + byte, 0),
      148,
      7,
    );
    return [header, data, Buffer.alloc((512 - (data.length % 512)) % 512)];
  });
  const bytes = Buffer.concat([...blocks, Buffer.alloc(1024)]);
  return Buffer.concat([bytes, Buffer.alloc((10240 - (bytes.length % 10240)) % 10240)]);
}

/** What is in a tree, by path, in the form of the cases' `files`. */
export function treeOf(root: string): Record<string, Record<string, unknown>> {
  const files: Record<string, Record<string, unknown>> = {};
  const visit = (path: string): void => {
    for (const name of readdirSync(join(root, path)).sort()) {
      const at = `${path}/${name}`;
      const stat = lstatSync(join(root, at));
      const owner = { uid: stat.uid, gid: stat.gid };
      const mode = (stat.mode & 0o7777).toString(8).padStart(4, '0');
      if (stat.isDirectory()) {
        files[at] = { type: 'dir', mode, ...owner };
        visit(at);
      } else if (stat.isSymbolicLink())
        files[at] = { type: 'symlink', target: readlinkSync(join(root, at)), ...owner };
      else if (stat.isFile()) {
        const sha256 = createHash('sha256')
          .update(readFileSync(join(root, at)))
          .digest('hex');
        files[at] = { type: 'file', mode, ...owner, size: stat.size, sha256 };
      } else if (stat.isFIFO()) files[at] = { type: 'fifo', mode, ...owner };
      else files[at] = { type: 'char', mode, ...owner };
    }
  };
  visit('');
  return files;
}

/** The image the cases build on, as a tar: busybox with its links, three users and groups. */
export function packCaseBusybox(busybox: string, directory: string): string {
  const root = join(directory, 'busybox');
  for (const name of ['bin', 'dev', 'etc', 'proc', 'root', 'sys', 'tmp', 'usr', 'var'])
    mkdirSync(join(root, name), { recursive: true, mode: 0o755 });
  copyFileSync(busybox, join(root, 'bin/busybox'));
  chmodSync(join(root, 'bin/busybox'), 0o755);
  const { stdout } = spawnSync(busybox, ['--list'], { encoding: 'utf8' });
  for (const name of stdout.split('\n'))
    if (name !== '' && name !== 'busybox') symlinkSync('busybox', join(root, 'bin', name));
  writeFileSync(
    join(root, 'etc/passwd'),
    'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\nnginx:x:101:101:nginx:/:/bin/sh\n',
  );
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\nnogroup:x:65534:\nnginx:x:101:\n');
  const tar = join(directory, 'busybox.tar');
  spawnSync('tar', ['--numeric-owner', '--owner=0', '--group=0', '-cf', tar, '-C', root, '.']);
  return tar;
}
