// Programs of other engines: those of PATH, or of a root file system that holds them (a debootstrap, say).
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * How programs of `root` are run: in one mount namespace that has it as its root, with this machine's /proc, /sys, /dev and /tmp in it.
 * Without `root` as they are. `files` of this machine are in the place of those of the tree, as accounts have to be for programs that are run
 * as one. `words(program, …args)` is what to spawn; `has(program)`; `close()`.
 */
export async function openPeerTree(root, files = []) {
  if (root === undefined) {
    const has = (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
    return { words: (...line) => line, has, close() {} };
  }
  // The old root has to go somewhere until it is let go.
  mkdirSync(join(root, 'oldroot'), { recursive: true });
  const script = [
    'set -e',
    'mount --bind "$0" "$0"',
    'for name in proc sys dev tmp; do mount --rbind "/$name" "$0/$name"; done',
    'for name; do [ -e "$0$name" ] || : > "$0$name"; mount --bind "$name" "$0$name"; done',
    'cd "$0"',
    'pivot_root . oldroot',
    'umount -l /oldroot',
    'echo ready',
    'exec sleep infinity',
  ].join('\n');
  const holder = spawn('unshare', ['-m', '--propagation', 'private', 'sh', '-c', script, root, ...files], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve, reject) => {
    holder.stdout.once('data', resolve);
    holder.once('exit', () => reject(new Error(`${root} can't be made a root`)));
  });
  holder.unref();
  holder.stdout.unref();
  const words = (...line) => ['nsenter', '-t', String(holder.pid), '-m', ...line];
  return {
    words,
    has: (program) =>
      ['usr/bin', 'usr/sbin', 'bin', 'sbin'].some((at) => existsSync(join(root, at, program))),
    close() {
      holder.kill('SIGKILL');
    },
  };
}

/** The version that a program prints. */
export function versionOf(tree, ...line) {
  const [program, ...args] = tree.words(...line);
  return /\d+\.\d+[\w.+~-]*/.exec(execFileSync(program, args, { encoding: 'utf8' }))?.[0] ?? '?';
}

/** Waits until `ready()` is true; throws after 30 s, or when `child` ends before. */
export async function readyOrThrow(child, what, ready) {
  for (let tries = 0; tries < 300; tries++) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${what} ended`);
    if (await ready()) return;
    await sleep(100);
  }
  throw new Error(`${what} does not answer`);
}

/** Ends a child by SIGTERM, after 20 s by SIGKILL. */
export async function endChild(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 20_000);
  await gone;
  clearTimeout(late);
}
