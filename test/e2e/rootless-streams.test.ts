import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../support/cli.ts';
import { enterOwnNetwork } from '../support/own-network.ts';
import { answerOf, makeUser, processesOf, rootlessUnmet, type TestUser } from '../support/rootless.ts';

const unmet = rootlessUnmet('ip', 'nsenter');
/** More than any window, and no multiple of a packet's size. */
const size = 48 * 1024 * 1024 + 7;

const content = `const content = Buffer.alloc(${size}); for (let at = 0; at < content.length; at += 4093) content[at] = at % 251;`;
const digest = (parts: string) => `require('crypto').createHash('sha256').update(${parts}).digest('hex')`;
/** Port 1 gives the content; port 2 takes what comes and answers with its digest; port 3 is for a start. */
const server = `${content}
const net = require('net');
net.createServer((s) => s.end(content)).listen(1, '::');
net.createServer({ allowHalfOpen: true }, (s) => { const all = []; s.on('data', (d) => all.push(d)); s.on('end', () => s.end(${digest('Buffer.concat(all)')})); }).listen(2, '::');
require('http').createServer((q, r) => r.end('ready')).listen(3, '::');`;
const taker = (host: string) => `
const all = []; const s = require('net').connect(1, '${host}');
s.on('data', (d) => all.push(d)); s.on('end', () => console.log(${digest('Buffer.concat(all)')}));`;

const project = (ports: readonly number[], mtu: string) => `
services:
  server:
    image: tcompose/host
    command: ["node", "-e", ${JSON.stringify(server)}]
    ports: [${ports.map((port, at) => `"${port}:${at + 1}"`).join(', ')}]
    init: true
    networks: { default: { ipv4_address: 10.91.3.9, ipv6_address: "fd91:3::9" } }
  taker:
    image: tcompose/host
    command: [sleep, "1000"]
    init: true
networks:
  default:
    enable_ipv6: true
    ipam: { config: [{ subnet: 10.91.3.0/24 }, { subnet: "fd91:3::/64" }] }
    driver_opts: { ${mtu} }
`;

const expected = (() => {
  const all = Buffer.alloc(size);
  for (let at = 0; at < size; at += 4093) all[at] = at % 251;
  return { all, sum: createHash('sha256').update(all).digest('hex') };
})();

/** Sends `data` and ends; the digest of what comes back, or that itself when it is short. */
const exchanged = (port: number, host: string, data?: Buffer): Promise<string> =>
  new Promise((done, fail) => {
    const parts: Buffer[] = [];
    const socket = connect({ port, host, allowHalfOpen: true });
    socket.on('data', (part) => parts.push(part));
    socket.once('error', fail);
    socket.once('end', () => {
      socket.end();
      const got = Buffer.concat(parts);
      done(got.length === 64 ? got.toString() : createHash('sha256').update(got).digest('hex'));
    });
    if (data) socket.end(data);
  });

describe.skipIf(unmet !== undefined)(
  `streams in a user’s network${unmet ? ` (skipped: ${unmet})` : ''}`,
  () => {
    let user: TestUser;
    const ports: number[] = [];
    beforeAll(async () => {
      enterOwnNetwork();
      for (let at = 0; at < 3; at++) ports.push(await freePort());
      user = makeUser();
    });
    afterAll(() => user?.remove());

    describe.each([
      ['of the largest packets', ''],
      ['of a wire’s packets', 'com.docker.network.driver.mtu: "1500"'],
    ])('%s', (_, mtu) => {
      beforeAll(async () => {
        user.write('compose.yaml', project(ports, mtu));
        const up = user.tcompose('up', '-d');
        expect(up.status, up.stderr).toBe(0);
        expect(await answerOf(ports[2]!)).toBe('ready');
      });
      afterAll(() => user.tcompose('down', '-t', '0'));

      it('arrive whole from container to container, over either family', () => {
        for (const host of ['10.91.3.9', 'fd91:3::9']) {
          const run = user.tcompose('exec', '-T', 'taker', 'node', '-e', taker(host));
          expect([host, run.stdout.trim(), run.stderr]).toEqual([host, expected.sum, '']);
        }
      });

      it('arrive whole by a published port, both ways and over either family', async () => {
        for (const host of ['127.0.0.1', '::1']) {
          expect([host, await exchanged(ports[0]!, host)]).toEqual([host, expected.sum]);
          expect([host, await exchanged(ports[1]!, host, expected.all)]).toEqual([host, expected.sum]);
        }
      });

      it('are paced in no container', () => {
        const file = '/proc/sys/net/ipv4/tcp_congestion_control';
        const machine = readFileSync(file, 'utf8');
        const seen = user.tcompose('exec', '-T', 'taker', 'cat', file).stdout;
        expect(seen).toBe(machine.startsWith('bbr') ? 'reno\n' : machine);
      });

      it('are cut by no link before it must be', () => {
        const sleeper = processesOf(user.uid).find((one) => one.endsWith(' sleep 1000'));
        const pid = Number.parseInt(sleeper ?? '', 10);
        const shown = spawnSync(
          'nsenter',
          [`--net=/proc/${pid}/ns/net`, 'ip', '-d', 'link', 'show', 'eth0'],
          { encoding: 'utf8' },
        ).stdout;
        const [, most] = /tso_max_size (\d+)/.exec(shown) ?? [];
        // A kernel that can't pass on more than 64 KiB says so, and there the bound stays as it was.
        expect(/gso_max_size (\d+)/.exec(shown)?.[1]).toBe(Number(most) >= 524_280 ? '524280' : '65536');
      });
    });
  },
);
