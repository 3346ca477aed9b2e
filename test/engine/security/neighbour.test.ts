import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requirements } from '../../support/cli.ts';
import { docker, startTestEngine, type TestEngine, whyNoEngine } from '../../support/engine.ts';

const why = whyNoEngine() ?? requirements({ root: true, commands: ['cc', 'docker', 'ip'] });
if (why) console.log(`skipped: ${why}`);

const gateway = '10.213.80.1';
const gatewayMac = '02:42:0a:d5:50:01';
const everyone = '33:33:00:00:00:01';
/** IEEE 802.1D keeps it for bridges: the kernel gives such frames to the bridge's port, not to the bridge. */
const past = '01:80:c2:00:00:0e';
/** An address of the machine on another link. */
const elsewhere = '10.213.81.1';

const ip = (...args: string[]) => execFileSync('ip', args).toString();
const conf = (family: string, link: string, key: string) =>
  readFileSync(`/proc/sys/net/${family}/conf/${link}/${key}`, 'utf8').trim();

describe.skipIf(why)('a hostile container on the wire', () => {
  let engine: TestEngine;
  let bridge: string;
  let port: string;

  const attack = (...args: string[]) => {
    const { status, stdout, stderr } = docker(engine, ['exec', 'mallory', '/probe/neighbour', ...args]);
    expect([status, stderr]).toEqual([0, '']);
    return stdout.trim();
  };

  beforeAll(async () => {
    engine = await startTestEngine();
    const probe = join(engine.root, 'probe');
    mkdirSync(probe);
    const source = join(import.meta.dirname, 'neighbour.c');
    execFileSync('cc', ['-O1', '-static', '-o', join(probe, 'neighbour'), source]);
    // As a machine that listens to its router does, whatever the kernel's default is.
    for (const key of ['accept_ra', 'autoconf', 'accept_redirects'])
      execFileSync('sh', ['-c', `echo 1 > /proc/sys/net/ipv6/conf/default/${key}`]);
    ip('link', 'add', 'tct-else', 'type', 'bridge');
    ip('address', 'add', `${elsewhere}/24`, 'dev', 'tct-else');
    ip('link', 'set', 'tct-else', 'up');
    const network = await engine.api<{ Id: string }>('POST', '/networks/create', {
      Name: 'net',
      EnableIPv6: true,
      IPAM: { Config: [{ Subnet: '10.213.80.0/24' }, { Subnet: 'fd00:213:80::/64' }] },
    });
    expect(network.status, network.text).toBe(201);
    const run = ['run', '-d', '--name', 'mallory', '--network', 'net', '--ip', '10.213.80.9'];
    const started = docker(engine, [...run, '-v', `${probe}:/probe:ro`, 'tcompose/host', 'sleep', '300']);
    expect([started.status, started.stderr]).toEqual([0, '']);
    const links = ip('-o', 'link').split('\n');
    const named = (pattern: RegExp) => links.flatMap((line) => pattern.exec(line)?.[1] ?? [])[0]!;
    bridge = named(/ (tc[0-9a-f]{8}b\w+)/);
    port = named(/ (tc[0-9a-f]{8}v\w+)/);
  });
  afterAll(async () => {
    ip('link', 'del', 'tct-else');
    expect(await engine.stop()).toEqual([]);
  });

  it('gives the machine no address and no route by a router advertisement, to all or past the bridge', async () => {
    for (const mac of [everyone, past]) attack('advertise', 'eth0', mac);
    // What was sent before has been looked at when this has arrived.
    const server = createSocket('udp4').bind(0);
    await once(server, 'listening');
    const arrived = once(server, 'message');
    attack('send', 'eth0', gatewayMac, '10.213.80.9', gateway, String(server.address().port), 'honest');
    expect(String((await arrived)[0])).toBe('honest');
    server.close();
    expect(ip('-6', 'address')).not.toContain('2001:db8:ba0d');
    expect(ip('-6', 'route')).not.toMatch(/2001:db8:ba0d|fe80::bad/);
  });

  it('sends the machine nothing in the name of an address that is not of its network', async () => {
    const server = createSocket('udp4').bind(0);
    await once(server, 'listening');
    const arrived: string[] = [];
    const last = new Promise<void>((resolve) =>
      server.on('message', (text) => {
        arrived.push(String(text));
        if (String(text) === 'honest') resolve();
      }),
    );
    const to = String(server.address().port);
    for (const from of ['10.213.81.77', '192.0.2.7', '127.0.0.1'])
      attack('send', 'eth0', gatewayMac, from, gateway, to, `from ${from}`);
    attack('send', 'eth0', past, '10.213.80.9', gateway, to, 'past the bridge');
    attack('send', 'eth0', past, '10.213.80.9', elsewhere, to, 'past the bridge');
    attack('send', 'eth0', gatewayMac, '10.213.80.9', gateway, to, 'honest');
    await last;
    server.close();
    expect(arrived).toEqual(['honest']);
  });

  it('learns by ARP of no address of the machine but its gateway’s', () => {
    const ask = (mac: string, whom: string) => attack('ask', 'eth0', mac, '10.213.80.9', whom);
    expect(ask('ff:ff:ff:ff:ff:ff', gateway)).toBe('answer');
    expect(ask('ff:ff:ff:ff:ff:ff', elsewhere)).toBe('silence');
    expect([ask(past, gateway), ask(past, elsewhere)]).toEqual(['silence', 'silence']);
  });

  it('finds every setting closed, and again after an engine that did not know of it', async () => {
    const check = () => {
      for (const link of [bridge, port]) {
        const closed = [
          'accept_redirects',
          'send_redirects',
          'accept_source_route',
          'proxy_arp',
          'accept_local',
        ];
        for (const key of closed) expect([link, key, conf('ipv4', link, key)]).toEqual([link, key, '0']);
        expect(conf('ipv4', link, 'rp_filter')).toBe('1');
        for (const key of ['accept_ra', 'autoconf'])
          expect([link, key, conf('ipv6', link, key)]).toEqual([link, key, '0']);
      }
      expect(conf('ipv4', bridge, 'arp_ignore')).toBe('1');
      expect(conf('ipv4', port, 'arp_ignore')).toBe('8');
      expect(conf('ipv6', port, 'disable_ipv6')).toBe('1');
      expect(conf('ipv6', bridge, 'disable_ipv6')).toBe('0');
      for (const key of ['accept_redirects', 'proxy_ndp', 'router_solicitations'])
        expect([key, conf('ipv6', bridge, key)]).toEqual([key, '0']);
    };
    check();
    for (const link of [bridge, port]) {
      const set = (family: string, key: string, value: string) =>
        execFileSync('sh', ['-c', `echo ${value} > /proc/sys/net/${family}/conf/${link}/${key}`]);
      for (const key of ['accept_redirects', 'proxy_arp', 'accept_source_route']) set('ipv4', key, '1');
      for (const key of ['rp_filter', 'arp_ignore']) set('ipv4', key, '0');
      set('ipv6', 'disable_ipv6', '0');
      set('ipv6', 'accept_ra', '2');
      set('ipv6', 'autoconf', '1');
    }
    process.kill(await engine.enginePid(), 'SIGKILL');
    expect((await engine.retry('GET', '/containers/mallory/json')).status).toBe(200);
    check();
  });
});
