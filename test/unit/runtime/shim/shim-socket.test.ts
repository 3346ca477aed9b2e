import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readFrames } from '../../../../src/runtime/shim/frame-socket.ts';
import { connectShim } from '../../../../src/runtime/shim/shim-client.ts';
import { openSocket } from '../../../../src/runtime/shim/shim-socket.ts';

describe('a connection to a shim', () => {
  let dir: string;
  let server: Server;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'shim-socket-'));
    server = createServer({ pauseOnConnect: true });
  });
  afterEach(() => {
    server.close();
    rmSync(dir, { recursive: true });
  });
  const listen = (path: string) => new Promise<void>((resolve) => server.listen(path, resolve));

  it('that is reset before it is read says that the shim has ended', async () => {
    await listen(join(dir, 'shim.sock'));
    const connecting = connectShim(dir);
    // The kernel resets what was not accepted.
    server.close();
    await expect(connecting).rejects.toMatchObject({ code: 'RUNTIME_GONE' });
  });

  it('that broke before anyone listens is told as closed, with what broke it', async () => {
    await listen(join(dir, 'shim.sock'));
    const accepted = once(server, 'connection');
    const socket = await openSocket(dir);
    await new Promise((done) => socket.write('never read', done));
    const [theirs] = await accepted;
    theirs.destroy();
    while (!socket.closed) await sleep(5);
    const error = await new Promise<Error | undefined>((closed) =>
      readFrames(socket, { frame: () => expect.unreachable(), closed }),
    );
    expect(error).toMatchObject({ code: 'ECONNRESET' });
  });

  it('is made to a path that no address has room for', async () => {
    const deep = join(dir, 'd'.repeat(100));
    mkdirSync(deep);
    // The kernel takes a short way to the same directory.
    const before = process.cwd();
    process.chdir(deep);
    await listen('shim.sock');
    process.chdir(before);
    server.on('connection', (socket) => socket.end());
    const socket = await openSocket(deep);
    const closed = await new Promise<Error | undefined>((resolve) =>
      readFrames(socket, { frame: () => expect.unreachable(), closed: resolve }),
    );
    expect(closed).toBeUndefined();
  });
});
