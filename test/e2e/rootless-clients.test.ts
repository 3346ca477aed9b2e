import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../support/cli.ts';
import { until } from '../support/engine.ts';
import { enterOwnNetwork } from '../support/own-network.ts';
import { answerOf, makeUser, processesOf, rootlessUnmet, type TestUser } from '../support/rootless.ts';

const unmet = rootlessUnmet('ip', 'nsenter');
/** This machine and another one on its link. */
const machine = { 4: '203.0.113.9', 6: '2001:db8:9::9' } as const;
const other = { 4: '203.0.113.7', 6: '2001:db8:9::7' } as const;

/** Says whom it sees, over TCP on port 80 and UDP on port 7. */
const server = (host: string) => `
require('http').createServer((q, r) => r.end(q.socket.remoteAddress.replace('::ffff:', ''))).listen(80, '${host}');
const s = require('dgram').createSocket('${host === '::' ? 'udp6' : 'udp4'}');
s.on('message', (m, f) => s.send(f.address.replace('::ffff:', ''), f.port, f.address)); s.bind(7, '${host}');`;

const service = (name: string, host: string, port: number, network: string) => `
  ${name}:
    image: tcompose/host
    command: ["node", "-e", ${JSON.stringify(server(host))}]
    ports: ["${port}:80", "${port}:7/udp"]
    networks: [${network}]
    init: true`;

const askByUdp = (host: string, port: number) => `
const s = require('dgram').createSocket('${host.includes(':') ? 'udp6' : 'udp4'}');
s.on('message', (m) => { console.log(String(m)); process.exit(); });
const send = () => s.send('?', ${port}, '${host}'); send(); setInterval(send, 200); setTimeout(() => process.exit(1), 10000);`;

describe.skipIf(unmet !== undefined)(
  `clients of a user’s published ports${unmet ? ` (skipped: ${unmet})` : ''}`,
  () => {
    let user: TestUser;
    let elsewhere: ChildProcess;
    const ports = { both: 0, old: 0, four: 0, silent: 0, changes: 0 };
    beforeAll(async () => {
      enterOwnNetwork();
      elsewhere = spawn('unshare', ['-n', 'sleep', '1000'], { stdio: 'ignore' });
      await once(elsewhere, 'spawn');
      const inside = ['nsenter', '-t', `${elsewhere.pid}`, '-n'];
      const own = spawnSync('readlink', ['/proc/self/ns/net'], { encoding: 'utf8' }).stdout;
      const theirs = () =>
        spawnSync('readlink', [`/proc/${elsewhere.pid}/ns/net`], { encoding: 'utf8' }).stdout;
      while (theirs() === own) await new Promise((done) => setTimeout(done, 10));
      for (const words of [
        `ip link add out type veth peer name in netns ${elsewhere.pid}`,
        `ip addr add ${machine[4]}/24 dev out`,
        `ip addr add ${machine[6]}/64 dev out nodad`,
        'ip link set out up',
        `${inside.join(' ')} ip addr add ${other[4]}/24 dev in`,
        `${inside.join(' ')} ip addr add ${other[6]}/64 dev in nodad`,
        `${inside.join(' ')} ip link set in up`,
      ]) {
        const [command, ...args] = words.split(' ');
        const done = spawnSync(command!, args, { encoding: 'utf8' });
        expect([words, done.status, done.stderr]).toEqual([words, 0, '']);
      }
      for (const name of ['both', 'old', 'four', 'silent', 'changes'] as const)
        ports[name] = await freePort();
      user = makeUser();
      user.write(
        'compose.yaml',
        `services:${service('both', '::', ports.both, 'six')}${service('old', '0.0.0.0', ports.old, 'six')}${service('four', '::', ports.four, 'default')}
  silent: {image: tcompose/host, command: [sleep, "1000"], init: true, ports: ["${ports.silent}:80"], networks: [six]}
networks:
  six: { enable_ipv6: true, ipam: { config: [{ subnet: 10.92.3.0/24 }, { subnet: "fd92:3::/64" }] } }
`,
      );
      const up = user.tcompose('up', '-d');
      expect(up.status, up.stderr).toBe(0);
      for (const name of ['both', 'old', 'four'] as const) await answerOf(ports[name]);
    });
    afterAll(() => {
      user?.remove();
      elsewhere?.kill('SIGKILL');
    });

    const seenOf = (name: keyof typeof ports, family: 4 | 6, protocol: 'tcp' | 'udp') => {
      const host = machine[family];
      const url = `http://${family === 6 ? `[${host}]` : host}:${ports[name]}`;
      const script =
        protocol === 'udp'
          ? askByUdp(host, ports[name])
          : `require('http').get('${url}', (r) => r.pipe(process.stdout)).on('error', (e) => console.error(e.code))`;
      const asked = spawnSync('nsenter', ['-t', `${elsewhere.pid}`, '-n', process.execPath, '-e', script], {
        encoding: 'utf8',
      });
      return asked.stdout.trim() || asked.stderr;
    };

    it.each(['tcp', 'udp'] as const)('of other machines are seen by their own addresses (%s)', (protocol) => {
      for (let times = 0; times < 2; times++)
        for (const family of [4, 6] as const)
          expect([family, seenOf('both', family, protocol)]).toEqual([family, other[family]]);
    });

    it('of datagrams over IPv6 are led to what listens, also when that changes under one of them', async () => {
      const rebind = `
const on = (kind, host, then) => {
  const s = require('dgram').createSocket(kind);
  s[then ? 'once' : 'on']('message', (m, f) => s.send(kind, f.port, f.address, () => then && s.close(then)));
  s.bind(7, host);
};
on('udp6', '::', () => on('udp4', '0.0.0.0'));`;
      user.write(
        'changes/compose.yaml',
        `services:
  changes: {image: tcompose/host, init: true, command: ["node", "-e", ${JSON.stringify(rebind)}], ports: ["${ports.changes}:7/udp"], networks: [six]}
networks:
  six: { enable_ipv6: true, ipam: { config: [{ subnet: 10.92.4.0/24 }, { subnet: "fd92:4::/64" }] } }
`,
      );
      const up = user.tcompose('-f', 'changes/compose.yaml', 'up', '-d');
      expect(up.status, up.stderr).toBe(0);
      const asker = `
const s = require('dgram').createSocket('udp6');
s.on('message', (m) => { console.log(String(m)); if (String(m) === 'udp4') process.exit(); });
setInterval(() => s.send('?', ${ports.changes}, '${machine[6]}'), 100); setTimeout(() => process.exit(1), 20000);`;
      const asked = spawnSync('nsenter', ['-t', `${elsewhere.pid}`, '-n', process.execPath, '-e', asker], {
        encoding: 'utf8',
      });
      expect(asked.stdout).toBe('udp6\nudp4\n');
      const down = user.tcompose('-f', 'changes/compose.yaml', 'down', '-t', '0');
      expect(down.status, down.stderr).toBe(0);
    });

    it.each(['tcp', 'udp'] as const)(
      'of other machines reach over IPv6 what listens on IPv4 alone, by the gateway’s address (%s)',
      (protocol) => {
        expect(seenOf('old', 6, protocol)).toBe('10.92.3.1');
        expect(seenOf('old', 4, protocol)).toBe(other[4]);
        expect(seenOf('four', 6, protocol)).toMatch(/^172\.\d+\.0\.1$/);
      },
    );

    it('of this machine are seen by its outer addresses, or the gateway’s', async () => {
      expect(await answerOf(ports.both, `[${machine[6]}]`)).toBe(machine[6]);
      expect(await answerOf(ports.both, '[::1]')).toBe('10.92.3.1');
      expect(await answerOf(ports.both)).toBe('10.92.3.1');
    });

    it('keep their addresses when a new container takes the place of an old one', () => {
      const scale = user.tcompose('up', '-d', '--force-recreate', 'both');
      expect(scale.status, scale.stderr).toBe(0);
      let seen = '';
      for (let tries = 0; tries < 50 && seen !== other[6]; tries++) seen = seenOf('both', 6, 'tcp');
      expect(seen).toBe(other[6]);
    });

    const serving = () => processesOf(user.uid).filter((one) => one.includes('tcompose-ports'));
    it('are served again, however often the process that serves them is killed', async () => {
      for (let times = 0; times < 4; times++) {
        await until(() => serving().length === 4, 'a process for the ports of each container');
        for (const one of serving()) process.kill(Number.parseInt(one, 10), 'SIGKILL');
        for (const name of ['both', 'old', 'four'] as const) expect(await answerOf(ports[name])).not.toBe('');
      }
    });

    it('are refused by a port that nothing listens at, over either family', () => {
      for (const family of [4, 6] as const)
        expect(seenOf('silent', family, 'tcp')).toMatch(/^(ECONNRESET|EPIPE)$/m);
    });
  },
);
