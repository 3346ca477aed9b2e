import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BundleRoom, leftOver, makeBundleRoom } from '../../support/bundle.ts';
import { type OciRuntime, ociRuntime, whyNoRuntime } from '../../support/oci-cli.ts';

const reason = whyNoRuntime();
if (reason !== undefined) console.log(`skipped: ${reason}`);

/** A subreaper that has called the runtime, as conmon does. */
interface Caller {
  readonly pid: number;
  /** The next line of what happened: caller.c. */
  next(): Promise<string | undefined>;
  /** What the container said so far. */
  said(): string;
}

describe.skipIf(reason !== undefined)('a caller like conmon', () => {
  let room: BundleRoom;
  let oci: OciRuntime;
  let program: string;
  let count = 0;
  const open: ChildProcess[] = [];
  beforeAll(() => {
    room = makeBundleRoom();
    oci = ociRuntime(room);
    program = join(room.dir, 'caller');
    execFileSync('cc', ['-O1', '-D_GNU_SOURCE', '-o', program, join(import.meta.dirname, 'caller.c')]);
  });
  afterAll(() => {
    for (const child of open) child.kill('SIGKILL');
    room.close();
  });

  /** `extra` are descriptors from 3 on. */
  function called(
    pidFile: string,
    words: readonly string[],
    options: { terminal?: string; extra?: number[] } = {},
  ): Caller {
    const output = join(room.dir, `output-${count++}`);
    const file = openSync(output, 'a');
    const extra = options.extra ?? [];
    const between = Array.from({ length: 6 - extra.length }, () => 'ignore' as const);
    const terminal = options.terminal === undefined ? [] : ['-t', options.terminal];
    const child = spawn(program, [pidFile, ...terminal, ...oci.words, ...words], {
      stdio: ['ignore', file, file, ...extra, ...between, 'pipe'],
      env: { ...process.env, TCOMPOSE_ROOT: room.dir },
    });
    closeSync(file);
    open.push(child);
    const lines: Interface = createInterface({ input: (child.stdio as unknown as Readable[])[9]! });
    const iterator = lines[Symbol.asyncIterator]();
    return {
      pid: child.pid!,
      next: async () => (await iterator.next()).value as string | undefined,
      said: () => readFileSync(output, 'utf8'),
    };
  }
  const parentOf = (pid: number): number =>
    Number(/^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

  it('is the parent of the container’s process once that runs, gives it its stdio, and sees its end', async () => {
    const pidFile = join(room.dir, 'pid-own');
    const bundle = oci.bundle(['sh', '-c', 'trap "exit 23" TERM; echo up; while :; do sleep 0.01; done']);
    const caller = called(pidFile, ['create', '--bundle', bundle, '--pid-file', pidFile, 'own']);
    expect(await caller.next()).toBe('created 0');
    const pid = Number(readFileSync(pidFile, 'utf8'));
    expect(oci.stateOf('own')).toMatchObject({ status: 'created', pid });
    expect(oci.call('start', 'own').status).toBe(0);
    expect(parentOf(pid)).toBe(caller.pid);
    while (caller.said() !== 'up\n') await sleep(5);
    expect(readlinkSync(`/proc/${pid}/fd/1`)).toBe(readlinkSync(`/proc/${caller.pid}/fd/1`));
    oci.call('kill', 'own');
    expect(await caller.next()).toBe('exited 23');
    expect(oci.stateOf('own').status).toBe('stopped');
    expect(oci.call('delete', 'own').status).toBe(0);
  });

  it('sees the end of a container that is killed before its start, and of one whose command can’t be executed', async () => {
    const pidFile = join(room.dir, 'pid-early');
    const bundle = oci.bundle(['sleep', 'infinity']);
    const early = called(pidFile, ['create', '--bundle', bundle, '--pid-file', pidFile, 'early']);
    expect(await early.next()).toBe('created 0');
    oci.call('kill', 'early', 'KILL');
    expect(await early.next()).toBe('killed 9');
    expect(oci.call('start', 'early').err).toMatch(/is stopped and cannot be started/);
    oci.call('delete', 'early');

    const script = join(room.dir, 'script');
    writeFileSync(script, '#!/no/such/interpreter\n', { mode: 0o755 });
    const mounts = [{ destination: '/script', type: 'bind', source: script, options: ['bind'] }];
    const broken = oci.bundle(['/script'], { mounts });
    const failing = called(pidFile, ['create', '--bundle', broken, '--pid-file', pidFile, 'failing']);
    expect(await failing.next(), failing.said()).toBe('created 0');
    expect(oci.call('start', 'failing')).toMatchObject({
      status: 127,
      err: expect.stringMatching(/no such file/),
    });
    expect(await failing.next()).toMatch(/^(exited 127|killed 9)$/);
    oci.call('delete', 'failing');
    expect(leftOver(room)).toEqual([]);
  });

  it('gets the terminal of a container and of a further process over its socket', async () => {
    const pidFile = join(room.dir, 'pid-tty');
    const terminal = join(room.dir, 'tty.sock');
    const bundle = oci.bundle(
      ['sh', '-c', 'test -t 0 && test -t 2 && echo "a terminal"; : > /dev/shm/said; sleep infinity'],
      {
        process: { terminal: true, consoleSize: { height: 33, width: 99 } },
      },
    );
    expect(oci.call('create', '--bundle', bundle, 'tty').err).toMatch(/something must take the terminal/);
    const words = ['--bundle', bundle, '--pid-file', pidFile, '--console-socket', terminal, 'tty'];
    const caller = called(pidFile, ['create', ...words], { terminal });
    expect(await caller.next()).toBe('terminal 99x33');
    expect(await caller.next()).toBe('created 0');
    oci.call('start', 'tty');

    const execFile = join(room.dir, 'pid-exec');
    rmSync(terminal);
    const flags = ['--detach', '--tty', '--pid-file', execFile, '--console-socket', terminal];
    const exec = called(
      execFile,
      [
        'exec',
        ...flags,
        'tty',
        'sh',
        '-c',
        'until [ -e /dev/shm/said ]; do sleep 0.01; done; test -t 1 && echo "one too"; exit 5',
      ],
      {
        terminal,
      },
    );
    expect(await exec.next()).toMatch(/^terminal /);
    expect(await exec.next()).toBe('created 0');
    expect(await exec.next()).toBe('exited 5');
    expect(exec.said()).toBe('one too\r\n');
    oci.call('kill', 'tty', 'KILL');
    expect(await caller.next()).toBe('killed 9');
    expect(caller.said()).toBe('a terminal\r\n');
    oci.call('delete', 'tty');
  });

  it('is the parent of a detached further process, and gives both the descriptors it asks to keep', async () => {
    const pidFile = join(room.dir, 'pid-fds');
    const kept = join(room.dir, 'kept');
    writeFileSync(kept, 'kept text\n');
    const fd = openSync(kept, 'r');
    const show = 'cat <&3; ls /proc/self/fd | wc -l; exit 6';
    const bundle = oci.bundle(['sh', '-c', 'cat <&3; sleep infinity']);
    const create = ['create', '--preserve-fds', '1', '--bundle', bundle, '--pid-file', pidFile, 'fds'];
    const caller = called(pidFile, create, { extra: [fd] });
    expect(await caller.next()).toBe('created 0');
    oci.call('start', 'fds');
    while (caller.said() !== 'kept text\n') await sleep(5);

    const execFile = join(room.dir, 'pid-exec-fds');
    const again = openSync(kept, 'r');
    const flags = ['--detach', '--preserve-fds', '1', '--pid-file', execFile];
    const exec = called(execFile, ['exec', ...flags, 'fds', 'sh', '-c', show], { extra: [again] });
    expect(await exec.next()).toBe('created 0');
    expect(await exec.next()).toBe('exited 6');
    // stdio, the one kept, and the directory that ls reads
    expect(exec.said()).toBe('kept text\n5\n');
    expect(oci.call('create', '--preserve-fds', '70', '--bundle', bundle, 'x').err).toMatch(/is not open/);
    oci.call('kill', 'fds', 'KILL');
    expect(await caller.next()).toBe('killed 9');
    oci.call('delete', 'fds');
    for (const one of [fd, again]) closeSync(one);
    expect(leftOver(room)).toEqual([]);
  });
});
