import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A name server on this network's loopback that knows no name at all, for tests in a network of their own: nobody else answers there.
 * A command behind `words` has it in its resolv.conf.
 */
export async function startOwnResolver(): Promise<{
  readonly words: readonly string[];
  readonly close: () => void;
}> {
  const server = createSocket('udp4');
  server.on('message', (question, from) => {
    const answer = Buffer.from(question);
    // A response, recursion available, no such name.
    answer.writeUInt16BE(0x8183, 2);
    server.send(answer, from.port, from.address);
  });
  server.bind(53, '127.0.0.1');
  await once(server, 'listening');
  const directory = mkdtempSync(join(tmpdir(), 'tcompose-test-'));
  const file = join(directory, 'resolv.conf');
  writeFileSync(file, 'nameserver 127.0.0.1\n');
  return {
    words: ['unshare', '-m', 'sh', '-c', 'mount --bind "$0" /etc/resolv.conf && exec "$@"', file],
    close: () => {
      server.close();
      rmSync(directory, { recursive: true });
    },
  };
}
