import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { breaksHalfClosed } from '../../src/engine/client/rootless/pasta-version.ts';
import { freePort } from '../support/cli.ts';
import { until } from '../support/engine.ts';
import { lasting } from '../support/leaks.ts';
import { ownTun } from '../support/own-devices.ts';
import { enterOwnNetwork } from '../support/own-network.ts';
import { answerOf, makeUser, processesOf, rootlessUnmet, type TestUser } from '../support/rootless.ts';

const unmet = rootlessUnmet('ip', 'pasta', 'slirp4netns');
const tun = '/dev/net/tun';

/** A PATH with what tcompose needs, and of the programs that lead out only the named ones. */
function pathWith(directory: string, ...programs: string[]): string {
  mkdirSync(directory, { mode: 0o755 });
  for (const name of programs) {
    const { stdout } = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' });
    symlinkSync(stdout.trim(), join(directory, name));
  }
  return directory;
}

describe.skipIf(unmet !== undefined)(
  `the way out of a user’s containers${unmet ? ` (skipped: ${unmet})` : ''}`,
  () => {
    const machine = '203.0.113.7';
    let base = '';
    let port = 0;
    let waiting = 0;
    let server: ReturnType<typeof spawn> | undefined;
    const users: TestUser[] = [];

    beforeAll(async () => {
      expect(ownTun()).toBeUndefined();
      enterOwnNetwork();
      base = mkdtempSync(join(tmpdir(), 'tcompose-test-'));
      chmodSync(base, 0o755);
      // A machine with a default route and an address of its own, as every one with a network has.
      for (const words of [
        'link add out type veth peer name peer',
        `addr add ${machine}/24 dev out`,
        'link set out up',
        'link set peer up',
        'route add default via 203.0.113.1',
      ])
        expect(spawnSync('ip', words.split(' ')).status).toBe(0);
      port = await freePort();
      waiting = await freePort();
      const code = `
        require('net').createServer({ allowHalfOpen: true }, (s) => s.on('end', () => s.end(Buffer.alloc(5e6))).resume()).listen(${waiting}, '0.0.0.0');
        require('http').createServer((q, r) => q.method === 'POST' ? q.pipe(r) : r.end('the machine')).listen(${port}, '0.0.0.0', () => console.log('up'));
        const echo = require('dgram').createSocket('udp4');
        echo.on('message', (data, from) => echo.send(data, from.port, from.address)).bind(${port});`;
      server = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'ignore'] });
      await new Promise((resolve) => server?.stdout?.once('data', resolve));
    });
    afterAll(() => {
      server?.kill();
      for (const user of users) user.remove();
      rmSync(base, { recursive: true, force: true });
    });

    /** A container of a new user asks the machine by the name for it. */
    function ask(path: string, name: string) {
      const user = makeUser({ path });
      users.push(user);
      const url = `http://host.docker.internal:${port}`;
      const script = `fetch('${url}').then((r) => r.text()).then(console.log, (e) => console.log(e.cause.code))`;
      user.write(
        'compose.yaml',
        `services:\n  asker:\n    image: tcompose/host\n    command: ["node", "-e", ${JSON.stringify(script)}]\n    extra_hosts: ["host.docker.internal:host-gateway"]\n`,
      );
      const up = user.tcompose('-p', name, 'up');
      const hosts = up.stdout + up.stderr;
      const down = user.tcompose('-p', name, 'down');
      expect(down.status, down.stderr).toBe(0);
      return { user, output: hosts };
    }

    it.each(['pasta', 'slirp4netns'])('is %s where that is installed', async (program) => {
      const { user, output } = ask(pathWith(join(base, program), program, 'newuidmap', 'newgidmap'), program);
      expect(output).toContain('the machine');
      expect(output).not.toContain('warning');
      const programs = () => processesOf(user.uid).filter((line) => line.includes(program));
      expect(programs()).toHaveLength(1);
      expect(user.tcompose('engine', 'stop').status).toBe(0);
      expect(await lasting(() => processesOf(user.uid))).toEqual([]);
    });

    it.each(['pasta', 'slirp4netns'])(
      'carries streams and datagrams of any size by %s, and so does a published port',
      async (program) => {
        const user = makeUser({
          path: pathWith(join(base, `sizes-${program}`), program, 'newuidmap', 'newgidmap'),
        });
        users.push(user);
        const published = await freePort();
        const out = `
        const sizes = [1, 1459, 1460, 1461, 1500, 9000, 65481, 1e6];
        const echoed = (size) => fetch('http://host.docker.internal:${port}', { method: 'POST', body: Buffer.alloc(size, 'x') }).then((r) => r.text());
        const datagram = (size) => new Promise((done) => {
          const socket = require('dgram').createSocket('udp4');
          const send = () => socket.send(Buffer.alloc(size), ${port}, 'host.docker.internal', () => {});
          const again = setInterval(send, 300);
          socket.on('message', (data) => { clearInterval(again); socket.close(); done(data.length); });
          send();
        });
        const halfClosed = () => new Promise((done) => {
          let size = 0;
          const stream = require('net').connect({ port: ${waiting}, host: 'host.docker.internal', allowHalfOpen: true });
          stream.on('data', (data) => (size += data.length)).on('end', () => done(size)).end('a request');
        });
        (async () => {
          for (const size of sizes) if ((await echoed(size)).length !== size) throw new Error('stream of ' + size);
          for (const size of [1, 1472, 1473, 9000]) if ((await datagram(size)) !== size) throw new Error('datagram of ' + size);
          if ('${program}' === 'slirp4netns' && (await halfClosed()) !== 5e6) throw new Error('a half-closed stream');
          console.log('all arrived');
          require('http').createServer((q, r) => q.pipe(r)).listen(80);
        })();`;
        user.write(
          'compose.yaml',
          `services:\n  asker:\n    image: tcompose/host\n    init: true\n    ports: ["${published}:80"]\n    command: ["node", "-e", ${JSON.stringify(out)}]\n    extra_hosts: ["host.docker.internal:host-gateway"]\n`,
        );
        const up = user.tcompose('-p', 'sizes', 'up', '-d');
        expect(up.status, up.stderr).toBe(0);
        expect(await answerOf(published)).toBe('');
        const said = () => user.tcompose('-p', 'sizes', 'logs').stdout;
        await until(() => said().includes('all arrived'), 'what it says');
        for (const size of [1, 1460, 65_480, 65_481, 1e6]) {
          const body = 'x'.repeat(size);
          const answer = await fetch(`http://127.0.0.1:${published}`, { method: 'POST', body });
          expect((await answer.text()).length).toBe(size);
        }
        expect(user.tcompose('-p', 'sizes', 'down').status).toBe(0);
      },
    );

    it('is the one that carries half-closed streams, where both are installed, and is there again when it was killed', async () => {
      const { user, output } = ask(
        pathWith(join(base, 'both'), 'pasta', 'slirp4netns', 'newuidmap', 'newgidmap'),
        'both',
      );
      expect(output).toContain('the machine');
      const version = spawnSync('pasta', ['--version'], { encoding: 'utf8' }).stdout;
      const [first, second] = breaksHalfClosed(version) ? ['slirp4netns', 'pasta'] : ['pasta', 'slirp4netns'];
      const running = processesOf(user.uid).join('\n');
      expect(running).toContain(first);
      expect(running).not.toContain(second);
      const of = () =>
        processesOf(user.uid)
          .filter((line) => line.includes(first!))
          .map(Number.parseFloat);
      const [pid] = of();
      const up = user.tcompose('-p', 'both', 'up', '-d', '--no-start');
      expect(up.status, up.stderr).toBe(0);
      process.kill(pid!, 'SIGKILL');
      await until(() => of().length === 1 && of()[0] !== pid, 'another one');
      const again = () => user.tcompose('-p', 'both', 'up').stdout.includes('the machine');
      await until(again, 'a way out by it');
      expect(user.tcompose('-p', 'both', 'down').status).toBe(0);
    });

    it('is told to be missing, once, with what would make one', () => {
      const { user, output } = ask(pathWith(join(base, 'nothing'), 'newuidmap', 'newgidmap'), 'nothing');
      expect(output).toMatch(/ENETUNREACH|EHOSTUNREACH/);
      expect(output).toMatch(
        /warning: containers cannot reach out of this machine: neither pasta nor slirp4netns/,
      );
      user.tcompose('engine', 'stop');
      expect(user.tcompose('system', 'info').stderr).not.toContain('warning');
    });

    it('is told to be broken where a program makes no link, of which nothing is left', async () => {
      const path = pathWith(join(base, 'hanging'), 'newuidmap', 'newgidmap');
      writeFileSync(join(path, 'slirp4netns'), '#!/bin/sh\n/bin/sleep 600\n', { mode: 0o755 });
      const { user, output } = ask(path, 'hanging');
      expect(output).toMatch(/slirp4netns does not work \(no link was made\)/);
      expect(user.tcompose('engine', 'stop').status).toBe(0);
      expect(await lasting(() => processesOf(user.uid))).toEqual([]);
    });

    it('is told to be broken where /dev/net/tun is not the user’s to open', () => {
      chmodSync(tun, 0o600);
      const { output } = ask(pathWith(join(base, 'closed'), 'pasta', 'newuidmap', 'newgidmap'), 'closed');
      chmodSync(tun, 0o666);
      expect(output).toMatch(/pasta does not work.*sudo chmod 666 \/dev\/net\/tun/);
    });
  },
);
