import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  logLines,
  makeSandbox,
  runToEnd,
  spawnShim,
  untilState,
  whyNoContainers,
} from '../../support/shim.ts';

const reason = whyNoContainers();
if (reason !== undefined) console.log(`skipped: ${reason}`);

describe.skipIf(reason !== undefined)('the log', () => {
  const box = makeSandbox();
  afterAll(() => box.close());

  it('is CRI text with nanoseconds', async () => {
    const plan = box.plan('cri', ['echo', 'hi there']);
    await runToEnd(plan);
    expect(readFileSync(plan.log!.path, 'utf8')).toMatch(
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z stdout F hi there\n$/,
    );
  });

  it('is closed when the end is told', async () => {
    const plan = box.plan('closed', ['echo', 'last']);
    const shim = await spawnShim(plan);
    await untilState(shim, 'exited');
    const open = readdirSync(`/proc/${shim.shimPid}/fd`).map((fd) => {
      try {
        return readlinkSync(`/proc/${shim.shimPid}/fd/${fd}`);
      } catch {
        return 'closed meanwhile';
      }
    });
    expect(open).not.toContain(plan.log!.path);
    expect(logLines(plan)).toEqual(['stdout F last']);
    await shim.reap();
  });

  it('holds nothing from before the start of the command', async () => {
    const early: string[] = [];
    for (let count = 0; count < 60; count++) {
      const plan = box.plan(`first${count}`, ['echo', 'hi']);
      const exit = await runToEnd(plan);
      const line = readFileSync(plan.log!.path, 'utf8').split(' ')[0]!;
      const [seconds, fraction] = line.slice(0, -1).split('.') as [string, string];
      const said = BigInt(Date.parse(`${seconds}Z`)) * 1_000_000n + BigInt(fraction);
      if (exit.type !== 'exited' || said < exit.startedAt) early.push(line);
    }
    expect(early).toEqual([]);
  });

  it('cuts lines longer than 16 KiB into parts that give the line again', async () => {
    const plan = box.plan('long', ['sh', '-c', 'head -c 40000 /dev/zero | tr "\\0" y; echo; echo end']);
    await runToEnd(plan);
    const lines = logLines(plan);
    expect(lines.map((line) => line.slice(0, 9))).toEqual([
      'stdout P ',
      'stdout P ',
      'stdout F ',
      'stdout F ',
    ]);
    expect(lines.slice(0, 2).map((line) => line.length - 9)).toEqual([16384, 16384]);
    expect(
      lines
        .slice(0, 3)
        .map((line) => line.slice(9))
        .join(''),
    ).toBe('y'.repeat(40000));
  });

  it('takes up a line without an end once it is idle, and at the end of the output', async () => {
    const plan = box.plan('partial', ['sh', '-c', 'printf prompt; read x; printf "more\\nrest"'], {
      waitForStart: true,
      stdio: { stdin: true },
    });
    const shim = await spawnShim(plan);
    await untilState(shim, 'created');
    const client = await shim.attach({ stdin: true, stdout: false, stderr: false });
    await shim.start();
    await expect.poll(() => logLines(plan), { timeout: 90_000 }).toEqual(['stdout P prompt']);
    await client.write(Buffer.from('go\n'));
    await untilState(shim, 'exited');
    await shim.reap();
    expect(logLines(plan)).toEqual(['stdout P prompt', 'stdout F more', 'stdout P rest']);
  });

  it('rotates by size and keeps as many files as asked, at whole lines', async () => {
    const id = 'rotate';
    const path = join(box.runDir(id), 'log');
    const plan = box.plan(id, ['sh', '-c', 'i=0; while [ $i -lt 1000 ]; do echo line $i; i=$((i+1)); done'], {
      log: { path, maxSize: 4096, maxFiles: 3, awaitFollower: 0 },
    });
    const shim = await spawnShim(plan);
    let generation = 0;
    shim.onLogGrew((grew) => {
      generation = Math.max(generation, grew.generation);
    });
    await untilState(shim, 'exited');
    await shim.reap();
    for (const suffix of ['', '.1', '.2']) expect(statSync(path + suffix).size).toBeLessThanOrEqual(4096);
    expect(existsSync(`${path}.3`)).toBe(false);
    expect(existsSync(`${path}.dropped`)).toBe(true);
    const kept = ['.2', '.1', ''].flatMap((suffix) => logLines(plan, suffix));
    const first = Number(kept[0]!.split(' ').at(-1));
    expect(kept).toEqual(Array.from({ length: 1000 - first }, (_, i) => `stdout F line ${first + i}`));
    expect(generation).toBeGreaterThan(1);
  });

  it('keeps every file when very many are allowed, at no cost for those that are not there', async () => {
    const path = join(box.runDir('endless'), 'log');
    const plan = box.plan(
      'endless',
      ['sh', '-c', 'i=0; while [ $i -lt 1000 ]; do echo line $i; i=$((i+1)); done'],
      { log: { path, maxSize: 4096, maxFiles: 0xffff_ffff, awaitFollower: 0 } },
    );
    expect(await runToEnd(plan)).toMatchObject({ type: 'exited', code: 0, droppedLines: 0n });
    const suffixes = [''];
    while (existsSync(`${path}.${suffixes.length}`)) suffixes.unshift(`.${suffixes.length}`);
    expect(suffixes.length).toBeGreaterThan(5);
    expect(existsSync(`${path}.dropped`)).toBe(false);
    expect(suffixes.flatMap((suffix) => logLines(plan, suffix))).toEqual(
      Array.from({ length: 1000 }, (_, i) => `stdout F line ${i}`),
    );
  });

  it('with one file starts it anew', async () => {
    const path = join(box.runDir('one'), 'log');
    const plan = box.plan(
      'one',
      ['sh', '-c', 'i=0; while [ $i -lt 500 ]; do echo line $i; i=$((i+1)); done'],
      {
        log: { path, maxSize: 4096, maxFiles: 1, awaitFollower: 0 },
      },
    );
    await runToEnd(plan);
    expect(statSync(path).size).toBeLessThanOrEqual(4096);
    expect(existsSync(`${path}.1`)).toBe(false);
    expect(logLines(plan).at(-1)).toBe('stdout F line 499');
  });

  it('waits with the rotation for who may come to follow, and then for him to have opened each file', async () => {
    const path = join(box.runDir('followed'), 'log');
    const print = 'i=0; while [ $i -lt 500 ]; do echo line $i; i=$((i+1)); done';
    const plan = box.plan('followed', ['sh', '-c', `${print}; read x; ${print}; read x; ${print}`], {
      log: { path, maxSize: 4096, maxFiles: 2, awaitFollower: 3_600_000 },
      stdio: { stdin: true },
    });
    const shim = await spawnShim(plan);
    const input = await shim.attach({ stdin: true, stdout: false, stderr: false });
    await expect.poll(() => logLines(plan).length, { timeout: 90_000 }).toBe(500);

    const told: number[] = [];
    const follow = shim.followLog(({ generation }) => told.push(generation));
    // A follower may be told of the same file more than once.
    await expect.poll(() => [...new Set(told)], { timeout: 90_000 }).toEqual([0]);
    await input.write(Buffer.from('go\n'));
    await expect.poll(() => logLines(plan).length, { timeout: 90_000 }).toBe(1000);
    expect(existsSync(`${path}.1`)).toBe(false);

    follow.opened(0);
    await input.write(Buffer.from('go\n'));
    await untilState(shim, 'exited');
    await expect.poll(() => told.at(-1), { timeout: 90_000 }).toBe(1);
    expect([...logLines(plan, '.1'), ...logLines(plan)]).toHaveLength(1500);
    expect(existsSync(`${path}.dropped`)).toBe(false);
    follow.release();
    await shim.reap();
  });

  it('does not wait for a follower that has left, nor beyond a bound for one that opens nothing', async () => {
    const path = join(box.runDir('left'), 'log');
    const line = 'x'.repeat(1000);
    const print = (count: number) => `i=0; while [ $i -lt ${count} ]; do echo ${line}; i=$((i+1)); done`;
    const plan = box.plan('left', ['sh', '-c', `read x; ${print(20)}; read x; ${print(17_000)}`], {
      log: { path, maxSize: 4096, maxFiles: 3, awaitFollower: 0 },
      stdio: { stdin: true },
    });
    const shim = await spawnShim(plan);
    const input = await shim.attach({ stdin: true, stdout: false, stderr: false });
    const leaves = shim.followLog(() => {});
    leaves.release();
    await input.write(Buffer.from('go\n'));
    await expect.poll(() => existsSync(`${path}.dropped`), { timeout: 90_000 }).toBe(true);

    const idle = shim.followLog(() => {});
    await input.write(Buffer.from('go\n'));
    await untilState(shim, 'exited');
    idle.release();
    await shim.reap();
    const sizes = ['', '.1', '.2'].map((suffix) => statSync(path + suffix).size);
    expect(Math.max(...sizes)).toBeGreaterThan(15 << 20);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(4096 + (16 << 20));
  });

  it('on a full disk drops lines, counts them and says so; the container is not held up', async () => {
    const disk = join(box.dir, 'disk');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]);
    try {
      execFileSync('sh', ['-c', `head -c 900000 /dev/zero > ${disk}/ballast`]);
      const script =
        'i=0; while [ $i -lt 30000 ]; do echo a line of the flood $i; i=$((i+1)); done; echo full >&2; read x; echo after';
      const plan = box.plan('full', ['sh', '-c', script], {
        log: { path: join(disk, 'log'), maxSize: 0, maxFiles: 1, awaitFollower: 0 },
        waitForStart: true,
        stdio: { stdin: true },
      });
      const shim = await spawnShim(plan);
      await untilState(shim, 'created');
      const client = await shim.attach({ stdin: true, stdout: false, stderr: true });
      const full = new Promise<void>((resolve) => client.onOutput(() => resolve()));
      await shim.start();
      await full;
      rmSync(join(disk, 'ballast'));
      await client.write(Buffer.from('go\n'));
      const end = await untilState(shim, 'exited');
      await shim.reap();
      const lines = logLines(plan);
      expect(end.code).toBe(0);
      expect(end.droppedLines).toBeGreaterThan(1000n);
      expect(lines.at(-1)).toBe('stdout F after');
      const notice = /^stderr F tcompose: (\d+) lines of this log were dropped: No space left on device$/;
      const noticed = lines.flatMap((line) => notice.exec(line)?.[1] ?? []).map(BigInt);
      expect(noticed.reduce((a, b) => a + b, 0n)).toBe(end.droppedLines);
      const whole = lines.filter((line) =>
        /^(stdout F a line of the flood \d+|stderr F full)$/.test(line),
      ).length;
      expect(BigInt(whole) + end.droppedLines).toBe(30_001n);
    } finally {
      execFileSync('umount', [disk]);
    }
  });

  it('has no hole when it was cut short by someone else before the disk was full', async () => {
    const disk = join(box.dir, 'cut');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]);
    try {
      const lines = (count: number) =>
        `i=0; while [ $i -lt ${count} ]; do echo a line of the flood $i; i=$((i+1)); done`;
      const plan = box.plan(
        'cut',
        ['sh', '-c', `${lines(10_000)}; echo >&2; read x; ${lines(30_000)}; echo >&2; read x`],
        {
          log: { path: join(disk, 'log'), maxSize: 0, maxFiles: 1, awaitFollower: 0 },
          waitForStart: true,
          stdio: { stdin: true },
        },
      );
      const shim = await spawnShim(plan);
      await untilState(shim, 'created');
      const client = await shim.attach({ stdin: true, stdout: false, stderr: true });
      let said = 0;
      client.onOutput(() => {
        said += 1;
      });
      await shim.start();
      await expect.poll(() => said, { timeout: 90_000 }).toBe(1);
      truncateSync(plan.log!.path, 0);
      await client.write(Buffer.from('go\n'));
      await expect.poll(() => said, { timeout: 90_000 }).toBe(2);
      expect(readFileSync(plan.log!.path).includes(0)).toBe(false);
      await client.write(Buffer.from('go\n'));
      expect((await untilState(shim, 'exited')).droppedLines).toBeGreaterThan(0n);
      await shim.reap();
    } finally {
      execFileSync('umount', ['-l', disk]);
    }
  });
});
