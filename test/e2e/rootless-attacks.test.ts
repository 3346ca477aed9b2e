import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { killTogether, until } from '../support/engine.ts';
import { enterOwnNetwork } from '../support/own-network.ts';
import { makeUser, processesOf, rootlessUnmet, type TestUser } from '../support/rootless.ts';

const unmet = rootlessUnmet();

/** Settings that are a container's own: of its IPC, UTS, user and network namespaces. */
const ownSettings =
  /^\/proc\/sys\/(net\/|user\/|fs\/mqueue\/|kernel\/(auto_msgmni|domainname|hostname|msg\w*|sem\w*|shm\w*|ns_last_pid|pid_max)$)/;
/** Attributes of its own links, and its own control groups. */
const ownAttributes = /^\/sys\/(devices\/virtual\/net\/|devices\/pci\S*\/net\/|class\/net\/|fs\/cgroup\/)/;

/** Opens each file below some directories for writing, writes nothing, and prints those that could be opened. */
const openAll = (directories: readonly string[]): string => `
const fs = require('node:fs');
const walk = (at) => {
  let entries = [];
  try { entries = fs.readdirSync(at, { withFileTypes: true }); } catch {}
  for (const entry of entries) {
    const path = at + '/' + entry.name;
    if (entry.isDirectory()) walk(path);
    else if (entry.isFile()) try { fs.closeSync(fs.openSync(path, fs.constants.O_WRONLY | fs.constants.O_NONBLOCK)); console.log(path); } catch {}
  }
};
for (const at of ${JSON.stringify(directories)}) walk(at);`;

/** Tries to connect to each, and prints those that answer. */
const connectAll = (addresses: readonly object[]): string => `
const net = require('node:net');
for (const address of ${JSON.stringify(addresses)}) {
  const socket = net.connect(address);
  const end = (word) => { if (word) console.log(word, JSON.stringify(address)); socket.destroy(); };
  socket.once('connect', () => end('CONNECTED'));
  socket.once('error', () => end());
  setTimeout(() => end(), 3000).unref();
}`;

describe.skipIf(unmet !== undefined)(
  `a privileged container of a user${unmet ? ` (skipped: ${unmet})` : ''}`,
  () => {
    let user: TestUser;
    const servers: Server[] = [];
    const abstract = `\0tcompose-attack-${process.pid}`;
    let port = 0;
    beforeAll(async () => {
      enterOwnNetwork();
      user = makeUser();
      const listening = async (address: string | { host: string; port: number }) => {
        const server = createServer((socket) => socket.destroy());
        servers.push(server);
        await new Promise<void>((resolve) => server.listen(address, resolve));
        return server;
      };
      await listening(abstract);
      const address = (await listening({ host: '127.0.0.1', port: 0 })).address();
      port = typeof address === 'object' && address !== null ? address.port : 0;
    });
    afterAll(() => {
      for (const server of servers) server.close();
      user?.remove();
    });

    const run = (flags: readonly string[], ...command: string[]) => {
      const done = user.tcompose('container', 'run', '--rm', ...flags, 'tcompose/host', ...command);
      return { ...done, lines: done.stdout.split('\n').filter(Boolean) };
    };
    const node = (flags: readonly string[], script: string) => run(flags, 'node', '-e', script).lines;

    it('opens no setting of the machine for writing, but those of its own namespaces', () => {
      const opened = node(['--privileged'], openAll(['/proc/sys']));
      expect(opened.filter((path) => ownSettings.test(path)).length).toBeGreaterThan(0);
      expect(opened.filter((path) => !ownSettings.test(path))).toEqual([]);
    });

    it('opens no attribute of a device or of the kernel for writing', () => {
      const opened = node(['--privileged'], openAll(['/sys']));
      expect(opened.filter((path) => !ownAttributes.test(path))).toEqual([]);
    });

    it('reaches no abstract socket and nothing of the machine’s loopback', () => {
      const addresses = [
        { path: abstract },
        ...['127.0.0.1', '10.0.2.2', 'host.docker.internal', '172.17.0.1'].map((host) => ({ host, port })),
      ];
      const host = ['--add-host', 'host.docker.internal:host-gateway'];
      expect(node(['--privileged', ...host], connectAll(addresses))).toEqual([]);
      // With the machine's network it has the user's rights there, and the attempt is one.
      expect(node(['--network', 'host'], connectAll(addresses.slice(0, 2)))).toHaveLength(2);
    });

    it('finds neither the engine’s sockets nor the volumes of others', () => {
      const made = run(['-v', 'others:/data'], 'sh', '-c', 'echo secret > /data/marker-of-others');
      expect(made.status, made.stderr).toBe(0);
      const find = (name: string) => ['find', '/', '-xdev', '-name', name];
      const finds = ['marker-of-others', 'engine.sock', 'shim.sock', 'netns.sock']
        .map((name) => find(name).join(' '))
        .join('; ');
      expect(run(['--privileged'], 'sh', '-c', `${finds}; true`).lines).toEqual([]);
      expect(run(['-v', 'others:/data'], ...find('marker-of-others')).lines).toEqual([]);
      expect(run(['-v', 'others:/data'], 'find', '/data', '-name', 'marker-of-others').lines).toHaveLength(1);
    });

    it('that is not privileged reads and traces neither the engine nor the user’s shell, though it sees them', async () => {
      expect(
        user.tcompose('container', 'run', '-d', '--name', 'up', 'tcompose/host', 'sleep', '600').status,
      ).toBe(0);
      const shell = user.run('sh', '-c', 'sleep 600 >/dev/null 2>&1 & echo $!').stdout.trim();
      const theirs = () =>
        processesOf(user.uid).filter((line) => /engine\.cjs|tcompose-(keeper|network|shim)/.test(line));
      // The shim of a container before may be on its way out.
      const shims = () => theirs().filter((line) => line.includes('tcompose-shim'));
      await until(() => shims().length === 1, 'the shim of this container to be the only one');
      const pids = theirs().map((line) => line.split(' ')[0]!);
      expect(pids.length).toBeGreaterThanOrEqual(4);
      const attempts = [...pids, shell].flatMap((pid) => [
        `test -d /proc/${pid} || echo UNSEEN ${pid}`,
        `head -c 1 /proc/${pid}/environ && echo READ ${pid}`,
        `ls /proc/${pid}/root/ && echo LISTED ${pid}`,
        `cat /proc/${pid}/fdinfo/0 && echo OPEN ${pid}`,
        `readlink /proc/${pid}/fd/0 && echo LINK ${pid}`,
        `head -c 1 /proc/${pid}/maps && echo MAPPED ${pid}`,
        `nsenter -t ${pid} -m true && echo ENTERED ${pid}`,
      ]);
      const found = run(['--pid', 'host'], 'sh', '-c', `${attempts.join('; ')}; true`);
      expect(found.lines, found.stderr).toEqual([]);
      process.kill(Number(shell), 'SIGKILL');
      expect(user.tcompose('container', 'rm', '-f', 'up').status).toBe(0);
    });

    it('leaves files that go with it, when the engine is killed while it removes them, and by a reset', async () => {
      const fill =
        'i=0; while [ $i -lt 3000 ]; do mkdir /data/$i && : > /data/$i/f; i=$((i+1)); done; chown -R 33:44 /data';
      for (const volume of ['one', 'two']) {
        const filled = run(['-v', `${volume}:/data`], 'sh', '-c', fill);
        expect(filled.status, filled.stderr).toBe(0);
      }
      const engine = () =>
        processesOf(user.uid)
          .filter((line) => line.includes('engine.cjs'))
          .map((line) => Number(line.split(' ')[0]));
      const removed = user.tcompose('volume', 'rm', 'one');
      expect(removed.status, removed.stderr).toBe(0);
      killTogether(engine());
      // The next engine finishes what the one before had begun.
      expect(user.tcompose('container', 'ls').status).toBe(0);
      const state = join(user.home, '.local/share/tcompose');
      const left = () =>
        user.tcompose('engine', 'unshare', 'sh', '-c', `ls ${state}/trash ${state}/volumes`).stdout;
      await expect.poll(() => left().includes('one'), { timeout: 90_000 }).toBe(false);
      await expect.poll(() => / *trash:\n\n/.test(left()), { timeout: 90_000 }).toBe(true);
      killTogether(engine());
      const reset = user.tcompose('engine', 'reset', '--force');
      expect([reset.status, reset.stderr]).toEqual([0, expect.any(String)]);
      expect(user.run('ls', '-A', state).status).not.toBe(0);
    });
  },
);
