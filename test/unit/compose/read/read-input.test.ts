import { execFileSync, spawn } from 'node:child_process';
import { truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { largestInput, readInput, readStream } from '../../../../src/compose/read-input.ts';
import { eachInDirectory } from '../../../support/temporary-directory.ts';

describe('a file that is named', () => {
  let directory = '';
  eachInDirectory((made) => {
    directory = made;
  });
  const at = (name: string) => join(directory, name);
  const textOf = async (path: string) => Buffer.from(await readInput(path)).toString();

  it('is read whole, one of the kernel that tells no size too', async () => {
    writeFileSync(at('file'), 'A=1\n');
    writeFileSync(at('empty'), '');
    expect(await textOf(at('file'))).toBe('A=1\n');
    expect(await textOf(at('empty'))).toBe('');
    expect(await textOf('/dev/null')).toBe('');
    expect(await textOf('/proc/self/status')).toMatch(/^Name:/);
  });

  it('may be a pipe whose writer comes late and pauses', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    const writer = spawn('sh', ['-c', `sleep 0.1; exec > '${at('pipe')}'; echo A=1; sleep 0.1; echo B=2`]);
    const ended = new Promise((done) => writer.once('close', done));
    expect(await textOf(at('pipe'))).toBe('A=1\nB=2\n');
    expect(await ended).toBe(0);
  });

  it('is refused as a pipe that nobody writes to, or that stays silent', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    await expect(readInput(at('pipe'), { pipe: 20 })).rejects.toThrow('nothing writes to it');
    const writer = spawn('sh', ['-c', `exec > '${at('pipe')}'; echo A=1; read end`]);
    const ended = new Promise((done) => writer.once('close', done));
    await expect(readInput(at('pipe'), { pipe: 500 })).rejects.toThrow('nothing writes to it');
    writer.stdin.end();
    await ended;
  });

  it('is refused when it is too large for memory', async () => {
    writeFileSync(at('huge'), '');
    truncateSync(at('huge'), largestInput + 1);
    await expect(readInput(at('huge'))).rejects.toThrow('it is larger than 64 MiB');
    async function* endless() {
      for (;;) yield new Uint8Array(1024 * 1024);
    }
    await expect(readStream(endless())).rejects.toThrow('it is larger than 64 MiB');
  });

  it('is refused, unopened, as a device or a socket', async () => {
    await expect(readInput('/dev/zero')).rejects.toThrow('it is a device');
    await expect(readInput('/dev/urandom')).rejects.toThrow('it is a device');
    const server = createServer().listen(at('socket'));
    await new Promise((done) => server.once('listening', done));
    await expect(readInput(at('socket'))).rejects.toThrow('it is a socket');
    server.close();
  });
});
