import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { acquireLock } from '../../../src/sys/flock.ts';
import { SystemCallError } from '../../../src/sys/libc.ts';
import { pidfdGetFd } from '../../../src/sys/pidfd.ts';
import { syncFileSystem } from '../../../src/sys/syncfs.ts';

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'tcompose-test-sys-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

/** FD_CLOEXEC is bit 02000000 of the flags in fdinfo. */
const isCloexec = (fd: number) =>
  (Number.parseInt(/flags:\s*(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))![1]!, 8) &
    0o2000000) !==
  0;

describe('acquireLock', () => {
  it('lets one holder in at a time, and the next one after release', () => {
    const path = join(dir, 'lock');
    const first = acquireLock(path);
    expect(first).not.toBeNull();
    expect(acquireLock(path)).toBeNull();
    first!.release();
    first!.release();
    const second = acquireLock(path);
    expect(second).not.toBeNull();
    second!.release();
  });
});

describe('pidfd', () => {
  it('copies a descriptor of another process, CLOEXEC', () => {
    const path = join(dir, 'file');
    writeFileSync(path, 'held');
    const fd = openSync(path, 'r');
    const child = spawn('sleep', ['60'], { stdio: ['ignore', 'ignore', 'ignore', fd] });
    closeSync(fd);
    try {
      const copy = pidfdGetFd(child.pid!, 3);
      expect(isCloexec(copy)).toBe(true);
      expect(readFileSync(copy, 'utf8')).toBe('held');
      closeSync(copy);
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('tells the errno of a process that does not exist', () => {
    let caught: unknown;
    try {
      pidfdGetFd(0x3fffffff, 0);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(SystemCallError);
    expect(['ESRCH', 'EINVAL']).toContain((caught as SystemCallError).errnoName);
  });
});

it('syncs a file system off the main thread', async () => {
  await expect(syncFileSystem(dir)).resolves.toBeUndefined();
});
