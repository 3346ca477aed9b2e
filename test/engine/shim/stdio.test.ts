import { afterAll, describe, expect, it } from 'vitest';
import type { LaunchPlan } from '../../../src/runtime/launch/launch-plan.ts';
import type { AttachStreams, ShimAttachment } from '../../../src/runtime/shim/attach.ts';
import { logLines, makeSandbox, spawnShim, untilState, whyNoContainers } from '../../support/shim.ts';

const reason = whyNoContainers();
if (reason !== undefined) console.log(`skipped: ${reason}`);
const all: AttachStreams = { stdin: true, stdout: true, stderr: true };

/** Starts a plan with waitForStart, attached. */
async function attached(plan: LaunchPlan, streams = all) {
  const shim = await spawnShim(plan);
  await untilState(shim, 'created');
  const client = await shim.attach(streams);
  const output = collect(client);
  await shim.start();
  return { shim, client, output };
}

function collect(client: ShimAttachment) {
  const output = { stdout: '', stderr: '' };
  client.onOutput((stream, bytes) => {
    output[stream] += bytes.toString('latin1');
  });
  return output;
}

describe.skipIf(reason !== undefined)('stdio', () => {
  const box = makeSandbox();
  afterAll(() => box.close());

  it('passes stdin to its end and all output back', async () => {
    const plan = box.plan('cat', ['sh', '-c', 'cat; echo done >&2'], {
      waitForStart: true,
      stdio: { stdin: true, stdinOnce: true },
    });
    const { shim, client, output } = await attached(plan);
    const big = 'a line of text\n'.repeat(20_000);
    await client.write(Buffer.from(big));
    client.endStdin();
    expect(await client.ended).toBe('eof');
    expect(output.stdout === big).toBe(true);
    expect(output.stderr).toBe('done\n');
    expect(await untilState(shim, 'exited')).toMatchObject({ code: 0 });
    await shim.reap();
  });

  it('keeps output that waits to be read when stdin goes to a process that has ended', async () => {
    const plan = box.plan('late', ['sh', '-c', 'echo said'], {
      waitForStart: true,
      stdio: { stdin: true, stdinOnce: true },
    });
    const { shim, client, output } = await attached(plan);
    client.pause();
    await untilState(shim, 'exited');
    const gone = new Promise((resolve) => shim.onClose(resolve));
    await shim.reap();
    await gone;
    client.endStdin();
    await client.write(Buffer.from('nobody reads this')).catch(() => {});
    client.resume();
    expect(await client.ended).toBe('eof');
    expect(output.stdout).toBe('said\n');
  });

  it('throws away stdin that the container has closed', async () => {
    const plan = box.plan('deaf', ['sh', '-c', 'exec <&-; echo closed; sleep 100'], {
      waitForStart: true,
      stdio: { stdin: true },
    });
    const { shim, client, output } = await attached(plan);
    await expect.poll(() => output.stdout, { timeout: 90_000 }).toBe('closed\n');
    for (let i = 0; i < 40; i++) await client.write(Buffer.alloc(60_000));
    await shim.signal(9);
    await untilState(shim, 'exited');
    await shim.reap();
  });

  it('keeps stdin open without stdinOnce, and is /dev/null without stdin', async () => {
    const plan = box.plan('keep', ['sh', '-c', 'read a; echo $a; read b; echo $b'], {
      waitForStart: true,
      stdio: { stdin: true, stdinOnce: false },
    });
    const { shim, client } = await attached(plan);
    await client.write(Buffer.from('one\n'));
    client.endStdin();
    client.close();
    const second = await shim.attach(all);
    const output = collect(second);
    await second.write(Buffer.from('two\n'));
    expect(await second.ended).toBe('eof');
    expect(output.stdout).toContain('two\n');
    expect(logLines(plan)).toEqual(['stdout F one', 'stdout F two']);
    await shim.reap();
  });

  it('gives a terminal of its own with size, echo and resize', async () => {
    const script = 'tty; stty size; read x; stty size; echo "got $x"; stty size < /dev/console';
    const plan = box.plan('tty', ['sh', '-c', script], {
      waitForStart: true,
      process: { uid: 1000, gid: 1000 },
      stdio: { tty: true, rows: 30, columns: 100, stdin: true },
    });
    const { shim, client, output } = await attached(plan);
    await expect.poll(() => output.stdout, { timeout: 90_000 }).toContain('30 100\r\n');
    await shim.resize(41, 121);
    await client.write(Buffer.from('typed\n'));
    expect(await client.ended).toBe('eof');
    expect(output.stdout).toBe('/dev/pts/0\r\n30 100\r\ntyped\r\n41 121\r\ngot typed\r\n41 121\r\n');
    await shim.reap();
  });

  it('drops a client of a run that does not read, and the container goes on', async () => {
    const plan = box.plan(
      'slow',
      ['sh', '-c', 'head -c 12000000 /dev/zero | tr "\\0" x; echo done >&2; sleep 100'],
      {
        waitForStart: true,
        log: undefined,
      },
    );
    const shim = await spawnShim(plan);
    await untilState(shim, 'created');
    const client = await shim.attach(all);
    client.pause();
    const other = await shim.attach({ stdin: false, stdout: false, stderr: true });
    const done = new Promise<void>((resolve) => other.onOutput(() => resolve()));
    await shim.start();
    await done;
    client.resume();
    expect(await client.ended).toBe('slow');
    await shim.signal(9);
    await untilState(shim, 'exited');
    await shim.reap();
  });

  it('makes an exec wait for its client instead', async () => {
    const shim = await spawnShim(box.plan('execs', ['sleep', '100']));
    const { pid, startTime } = await untilState(shim, 'started');
    const base = box.plan('exec1', [
      'sh',
      '-c',
      'head -c 12000000 /dev/zero | tr "\\0" x; hostname >&2; exit 4',
    ]);
    const exec: LaunchPlan = {
      ...base,
      kind: 'exec',
      log: undefined,
      waitForStart: true,
      setup: [],
      process: { ...base.process, joinPid: pid, joinStartTime: startTime },
    };
    const running = await spawnShim(exec);
    await untilState(running, 'created');
    const client = await running.attach(all);
    const output = collect(client);
    client.pause();
    await running.start();
    await untilState(running, 'started');
    client.resume();
    expect(await client.ended).toBe('eof');
    expect(output.stdout.length).toBe(12_000_000);
    expect(output.stderr).toBe('box\n');
    expect(await untilState(running, 'exited')).toMatchObject({ code: 4 });
    await running.reap();

    const stale = await spawnShim({
      ...exec,
      id: 'stale',
      runDir: box.runDir('stale'),
      process: { ...exec.process, joinStartTime: startTime + 1n },
    });
    expect(await untilState(stale, 'failed')).toMatchObject({ op: 'pidfd_open', errno: 3 });
    await stale.reap();
    await shim.signal(9);
    await untilState(shim, 'exited');
    await shim.reap();
  });

  it('owes a slow client its output even after the container is reaped', async () => {
    const plan = box.plan('owed', ['sh', '-c', 'head -c 3000000 /dev/zero | tr "\\0" x'], {
      waitForStart: true,
    });
    const shim = await spawnShim(plan);
    await untilState(shim, 'created');
    const client = await shim.attach(all);
    const output = collect(client);
    client.pause();
    await shim.start();
    await untilState(shim, 'exited');
    await shim.reap();
    client.resume();
    expect(await client.ended).toBe('eof');
    expect(output.stdout.length).toBe(3_000_000);
  });

  it('waits for the client of an exec that has exited', async () => {
    const shim = await spawnShim(box.plan('execs3', ['sleep', '100']));
    const { pid, startTime } = await untilState(shim, 'started');
    const base = box.plan('exec3', ['sh', '-c', 'head -c 600000 /dev/zero | tr "\\0" x']);
    const running = await spawnShim({
      ...base,
      kind: 'exec',
      log: undefined,
      waitForStart: true,
      setup: [],
      process: { ...base.process, joinPid: pid, joinStartTime: startTime },
    });
    await untilState(running, 'created');
    const client = await running.attach(all);
    const output = collect(client);
    client.onOutput((_, bytes) => {
      output.stdout += bytes.toString('latin1');
      // once, the client is busy for longer than the drain of an unattended output would last
      if (output.stdout.length === bytes.length) {
        client.pause();
        setTimeout(() => client.resume(), 3000);
      }
    });
    await running.start();
    expect(await client.ended).toBe('eof');
    expect(output.stdout.length).toBe(600_000);
    await running.reap();
    await shim.signal(9);
    await untilState(shim, 'exited');
    await shim.reap();
  });

  it('gives an exec a terminal of the container', async () => {
    const shim = await spawnShim(box.plan('execs2', ['sleep', '100']));
    const { pid, startTime } = await untilState(shim, 'started');
    const base = box.plan('exec2', ['sh', '-c', 'tty; stty size'], {
      stdio: { tty: true, rows: 20, columns: 70 },
    });
    const {
      shim: running,
      client,
      output,
    } = await attached({
      ...base,
      kind: 'exec',
      log: undefined,
      waitForStart: true,
      setup: [],
      process: { ...base.process, joinPid: pid, joinStartTime: startTime, uid: 9, gid: 9 },
    });
    expect(await client.ended).toBe('eof');
    expect(output.stdout).toBe('/dev/pts/0\r\n20 70\r\n');
    await running.reap();
    await shim.signal(9);
    await untilState(shim, 'exited');
    await shim.reap();
  });
});
