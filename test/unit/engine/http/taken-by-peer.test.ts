import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { takenByPeer } from '../../../../src/engine/http/taken-by-peer.ts';

/** As Node ≥ 26 has one around the socket of an upgraded request whose body is still to come. */
const around = (socket: Socket): Duplex =>
  new Duplex({
    read() {},
    write: (chunk, encoding, callback) => void socket.write(chunk, encoding, callback),
    destroy(error, callback) {
      socket.destroy();
      callback(error);
    },
  });

describe('what was written to a client', () => {
  let directory: string;
  let ours: Socket;
  let theirs: Socket;
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'tcompose-test-'));
    const server = createServer().listen(join(directory, 's'));
    await once(server, 'listening');
    // Paused, it reads nothing from the kernel.
    theirs = connect(join(directory, 's')).pause();
    [ours] = (await once(server, 'connection')) as [Socket];
    server.close();
  });
  afterEach(() => {
    ours.destroy();
    theirs.destroy();
    rmSync(directory, { recursive: true });
  });

  it.each([
    ['the socket', (socket: Socket) => socket],
    ['a stream around it', around],
  ])('by %s is known to be read when it is, or when the stream is closed', async (_, streamOf) => {
    const stream = streamOf(ours);
    let taken = false;
    const watch = (): Promise<void> => {
      taken = false;
      return takenByPeer(stream, ours).then(() => {
        taken = true;
      });
    };
    stream.write('head');
    const first = watch();
    await new Promise((done) => setTimeout(done, 50));
    expect(taken).toBe(false);
    theirs.resume();
    await first;
    theirs.pause();
    stream.write('more');
    const second = watch();
    stream.destroy();
    await second;
  });
});
