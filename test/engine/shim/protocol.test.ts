import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { encodeLaunchPlan } from '../../../src/runtime/launch/plan-codec.ts';
import { FrameSplitter } from '../../../src/runtime/shim/frame-socket.ts';
import { connectShim } from '../../../src/runtime/shim/shim-client.ts';
import { decodeShimEvent, encodeShimRequest } from '../../../src/runtime/shim/shim-codec.ts';
import { makeSandbox, shimBinary, spawnShim, untilState, whyNoContainers } from '../../support/shim.ts';

const reason = whyNoContainers();
if (reason !== undefined) console.log(`skipped: ${reason}`);

describe.skipIf(reason !== undefined)("a shim's socket", () => {
  const box = makeSandbox();
  const sockets: Socket[] = [];
  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    box.close();
  });

  /** A connection that has read the shim's hello. */
  async function dial(runDir: string): Promise<Socket> {
    const socket = connect(join(runDir, 'shim.sock'));
    sockets.push(socket);
    await new Promise((resolve, reject) => socket.once('data', resolve).once('error', reject));
    return socket;
  }
  const closed = (socket: Socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const frame = (length: number, ...bytes: number[]) => {
    const data = Buffer.alloc(4 + bytes.length, 0);
    data.writeUInt32LE(length);
    data.set(bytes, 4);
    return data;
  };

  it('closes on who speaks another language, and serves the others', async () => {
    const shim = await spawnShim(box.plan('hostile', ['sleep', '100']));
    await untilState(shim, 'started');
    const hostile: Record<string, Buffer> = {
      'no length': frame(0),
      'a huge length': frame(0xffff_ffff),
      'more than a frame may have': frame((16 << 20) + 1),
      'an unknown type': frame(5, 99, 1, 0, 0, 0),
      'an answer of the shim': frame(5, 136, 1, 0, 0, 0),
      'a request cut off': frame(3, 3, 1, 0),
      'a text without end': frame(13, 10, 1, 0, 0, 0, 4, 0, 0, 0, 65, 65, 65, 65),
      'a size beyond the frame': frame(9, 9, 1, 0, 0, 0, 255, 255, 255, 255),
    };
    for (const [name, bytes] of Object.entries(hostile)) {
      const socket = await dial(shim.runDir);
      const end = closed(socket);
      socket.write(bytes);
      await end.catch(() => expect.unreachable(name));
    }
    await shim.signal(9);
    expect(await untilState(shim, 'exited')).toMatchObject({ signal: 9 });
    await shim.reap();
  });

  it('takes frames in any pieces', async () => {
    const shim = await spawnShim(box.plan('pieces', ['sleep', '100']));
    await untilState(shim, 'started');
    const socket = await dial(shim.runDir);
    const request = encodeShimRequest({ type: 'signal', seq: 7, signal: 9 });
    for (const byte of request) {
      socket.write(Buffer.from([byte]));
      await sleep(1);
    }
    expect(await untilState(shim, 'exited')).toMatchObject({ signal: 9 });
    await shim.reap();
  });

  it('stops to read from who does not read its answers', async () => {
    const shim = await spawnShim(box.plan('flood', ['sleep', '100']));
    await untilState(shim, 'started');
    const socket = await dial(shim.runDir);
    socket.pause();
    const requests = 2_000_000;
    const one = encodeShimRequest({ type: 'signal', seq: 1, signal: 0 });
    socket.write(Buffer.alloc(requests * one.length, one));
    const status = () => readFileSync(`/proc/${shim.shimPid}/status`, 'utf8');
    const highest = () => Number(/VmHWM:\s+(\d+)/.exec(status())![1]);
    // it has settled: it waits although there is more, or has read everything
    let before = -1;
    await expect
      .poll(
        () => {
          const settled = highest() === before && /State:\s+S/.test(status());
          before = highest();
          return settled;
        },
        { timeout: 90_000, interval: 300 },
      )
      .toBe(true);
    const answer = 4 + 1 + 12 + 4 + 'signal'.length + 1;
    let got = 0;
    const all = new Promise<void>((resolve) => {
      socket.on('data', (chunk) => {
        got += chunk.length;
        if (got === requests * answer) resolve();
      });
    });
    socket.resume();
    await all;
    expect(highest()).toBeLessThan(process.env.TCOMPOSE_TEST_FUZZ === undefined ? 24_000 : 400_000);
    await shim.signal(9);
    await untilState(shim, 'exited');
    await shim.reap();
  });

  it('tells news of the log to who was busy when they came', async () => {
    const plan = box.plan('news', ['sh', '-c', 'read x; echo "$x"; sleep 100'], { stdio: { stdin: true } });
    const shim = await spawnShim(plan);
    await untilState(shim, 'started');
    const socket = await dial(shim.runDir);
    socket.write(encodeShimRequest({ type: 'subscribe', logs: true }));
    // more answers than a socket holds
    socket.pause();
    const one = encodeShimRequest({ type: 'signal', seq: 1, signal: 0 });
    const requests = 100_000;
    socket.write(Buffer.alloc(requests * one.length, one));
    const client = await shim.attach({ stdin: true, stdout: true, stderr: false });
    const said = new Promise<void>((resolve) => client.onOutput(() => resolve()));
    await client.write(Buffer.from('news\n'));
    await said;
    await expect.poll(() => readFileSync(plan.log!.path, 'utf8'), { timeout: 90_000 }).toContain(' F news\n');
    const size = BigInt(readFileSync(plan.log!.path).length);
    const splitter = new FrameSplitter();
    const news = new Promise<void>((resolve) => {
      socket.on('data', (chunk) => {
        for (const payload of splitter.push(chunk)) {
          const event = decodeShimEvent(payload);
          if (event.type === 'log-grew' && event.size === size) resolve();
        }
      });
    });
    socket.resume();
    await news;
    await shim.signal(9);
    await untilState(shim, 'exited');
    await shim.reap();
  });

  it('accepts again once a connection has gone, when it had run out of descriptors', async () => {
    const plan = box.plan('many', ['sleep', '100']);
    execFileSync('sh', ['-c', 'ulimit -n 30; exec "$0" spawn', shimBinary], {
      input: encodeLaunchPlan(plan),
    });
    const shim = await connectShim(plan.runDir);
    await untilState(shim, 'started');
    const waiting = Array.from({ length: 40 }, () => {
      const socket = connect(join(plan.runDir, 'shim.sock'));
      sockets.push(socket);
      const greeted = new Promise<void>((resolve, reject) => {
        socket.once('data', () => resolve()).once('error', reject);
      });
      return { socket, greeted };
    });
    for (const { socket, greeted } of waiting) {
      await greeted;
      socket.destroy();
    }
    await shim.signal(9);
    await untilState(shim, 'exited');
    await shim.reap();
  });
});
