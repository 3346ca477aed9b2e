import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createNetworkService, type NetworkRecord, type NetworkService } from '../../../src/network/index.ts';
import { type Agent, buildAgent, startAgent } from '../../support/network/agent.ts';
import { whyNoNetwork } from '../../support/network/why-no-network.ts';
import { enterOwnNetwork } from '../../support/own-network.ts';

const why = whyNoNetwork();
if (why) console.log(`skipped: ${why}`);

const instance = '7e57a001';
/** Test addresses that no default pool has. */
const lan = { host: '10.213.7.1', other: '10.213.7.2' };

let bundle: Awaited<ReturnType<typeof buildAgent>>;
let service: NetworkService;
const agents: Agent[] = [];
const warnings: string[] = [];
const records: NetworkRecord[] = [];

const ip = (...args: string[]) => execFileSync('ip', args, { stdio: ['ignore', 'pipe', 'pipe'] }).toString();

const openService = () =>
  createNetworkService({
    instance,
    now: () => performance.now(),
    timestamp: () => '2026-01-01T00:00:00Z',
    warn: (sentence) => warnings.push(sentence),
  });

function network(
  name: string,
  options: { subnet: string; internal?: boolean; icc?: boolean },
): NetworkRecord {
  const record = service.createNetwork(
    {
      name,
      internal: options.internal ?? false,
      options: options.icc === false ? { 'com.docker.network.bridge.enable_icc': 'false' } : {},
      ipam: [{ subnet: options.subnet }],
    },
    records,
  );
  records.push(record);
  return record;
}

interface Container {
  readonly id: string;
  readonly agent: Agent;
  readonly address: string;
}

async function container(
  name: string,
  networks: readonly NetworkRecord[],
  ports: readonly { protocol: 'tcp' | 'udp'; containerPort: number; hostIp: string; hostPort: number }[] = [],
  gatewayOrder?: readonly string[],
): Promise<Container> {
  const id = Buffer.from(name).toString('hex').padEnd(64, '0');
  const endpoints = networks.map((record, index) =>
    service.allocate(record, { containerId: id, aliases: [name], interfaceName: `eth${index}` }),
  );
  const gateway = gatewayOrder === undefined ? {} : { gatewayOrder };
  const plan = await service.planAttach({
    containerId: id,
    containerName: name,
    endpoints,
    ports,
    ...gateway,
  });
  const agent = await startAgent(bundle.path);
  agents.push(agent);
  const sockets = await agent.execute(plan);
  await service.containerStarted({
    containerId: id,
    containerName: name,
    endpoints: plan.endpoints,
    ports: plan.ports,
    sockets,
    ...gateway,
  });
  for (const protocol of ['tcp', 'udp'] as const) {
    for (const port of [80, 81]) await agent.run({ do: 'serve', protocol, port, name });
  }
  return { id, agent, address: plan.endpoints[0]!.ipv4 };
}

/** Has an agent send what is for 127.0.0.1 to another machine. Returns how to run commands in its namespace. */
function leadLoopbackTo(agent: Agent, gateway: string): (...args: string[]) => string {
  const inside = (...args: string[]) =>
    execFileSync('nsenter', ['-t', String(agent.pid), '-n', ...args]).toString();
  inside('sh', '-c', 'echo 1 > /proc/sys/net/ipv4/conf/all/route_localnet');
  inside(
    'sh',
    '-c',
    'ip route del local 127.0.0.0/8 table local; ip route del local 127.0.0.1 table local; true',
  );
  inside('ip', 'route', 'add', '127.0.0.1/32', 'via', gateway);
  return inside;
}

let host: Agent;
let other: Agent;
let web: Container;
let peer: Container;
let stranger: Container;
let inner: Container;

describe.skipIf(why !== undefined)('who reaches what', () => {
  beforeAll(async () => {
    enterOwnNetwork();
    bundle = await buildAgent();
    service = openService();
    host = await startAgent(bundle.path, 'host');
    other = await startAgent(bundle.path);
    agents.push(host, other);
    ip('link', 'add', 'tct-lan', 'type', 'veth', 'peer', 'name', 'lan0', 'netns', String(other.pid));
    ip('address', 'add', `${lan.host}/24`, 'dev', 'tct-lan');
    ip('link', 'set', 'tct-lan', 'up');
    const inside = (...args: string[]) =>
      execFileSync('nsenter', ['-t', String(other.pid), '-n', 'ip', ...args]);
    inside('address', 'add', `${lan.other}/24`, 'dev', 'lan0');
    inside('link', 'set', 'lan0', 'up');
    // The other machine tries to reach containers by routing through this one.
    inside('route', 'add', 'default', 'via', lan.host);
    await other.run({ do: 'serve', protocol: 'tcp', port: 80, name: 'other' });

    const front = network('front', { subnet: '10.213.16.0/24' });
    const back = network('back', { subnet: '10.213.17.0/24' });
    const closed = network('closed', { subnet: '10.213.18.0/24', internal: true });
    web = await container(
      'web',
      [front],
      [
        { protocol: 'tcp', containerPort: 80, hostIp: '', hostPort: 18080 },
        { protocol: 'udp', containerPort: 80, hostIp: '', hostPort: 18080 },
        { protocol: 'tcp', containerPort: 80, hostIp: '127.0.0.1', hostPort: 18081 },
        { protocol: 'udp', containerPort: 80, hostIp: '127.0.0.1', hostPort: 18081 },
        { protocol: 'tcp', containerPort: 80, hostIp: lan.host, hostPort: 18082 },
      ],
    );
    peer = await container('peer', [front]);
    stranger = await container('stranger', [back]);
    inner = await container('inner', [closed]);
  });

  afterAll(async () => {
    for (const started of [web, peer, stranger, inner])
      if (started) await service.containerStopped(started.id);
    for (const agent of agents) await agent.stop();
    for (const record of records) await service.removeNetwork(record);
    await service.close();
    bundle.release();
    const links = () =>
      ip('-o', 'link')
        .split('\n')
        .filter((line) => line.includes(`tc${instance}`));
    // The kernel takes a namespace apart in its own time after its last process has ended.
    await vi.waitFor(() => expect(links()).toEqual([]), { timeout: 90_000 });
  });

  const yes = (name: string) => expect.stringMatching(new RegExp(`^${name} `));
  const refusedOrSilent = expect.stringMatching(
    /^(ETIMEDOUT|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ECONNRESET)$/,
  );

  describe('published ports', () => {
    const from = {
      host: () => host,
      'another machine': () => other,
      'a container of the network': () => peer.agent,
      'a container of another network': () => stranger.agent,
      'the container itself': () => web.agent,
    };
    for (const [who, agent] of Object.entries(from)) {
      for (const protocol of ['tcp', 'udp'] as const) {
        it(`${protocol} on every address is reached at the machine's address by ${who}`, async () => {
          expect(await agent().ask(protocol, lan.host, 18080)).toEqual(yes('web'));
        });
      }
    }
    for (const protocol of ['tcp', 'udp'] as const) {
      it(`${protocol} is reached at 127.0.0.1 and [::1] by the machine`, async () => {
        expect(await host.ask(protocol, '127.0.0.1', 18080)).toEqual(yes('web'));
        expect(await host.ask(protocol, '::1', 18080)).toEqual(yes('web'));
      });
    }
    it('keeps the address of a client on another machine', async () => {
      expect(await other.ask('tcp', lan.host, 18080)).toBe(`web ${lan.other}`);
    });
    it('on 127.0.0.1 alone is reached by the machine and nobody else', async () => {
      expect(await host.ask('tcp', '127.0.0.1', 18081)).toEqual(yes('web'));
      expect(await host.ask('tcp', lan.host, 18081, 500)).toEqual(refusedOrSilent);
      expect(await other.ask('tcp', lan.host, 18081, 500)).toEqual(refusedOrSilent);
      expect(await peer.agent.ask('tcp', lan.host, 18081, 500)).toEqual(refusedOrSilent);
    });
    it('on 127.0.0.1 alone is not reached by a neighbour that sends packets with that destination here', async () => {
      const inside = leadLoopbackTo(other, lan.host);
      // On the wire they are: without the machine's own filters they would be taken as they are.
      const filters = ['all', 'tct-lan'].map((name) => `/proc/sys/net/ipv4/conf/${name}/route_localnet`);
      for (const filter of filters) writeFileSync(filter, '1');
      try {
        for (const protocol of ['tcp', 'udp'] as const)
          expect(await other.ask(protocol, '127.0.0.1', 18081, 500)).toEqual(refusedOrSilent);
        expect(inside('ip', 'route', 'get', '127.0.0.1')).toContain(`via ${lan.host}`);
      } finally {
        for (const filter of filters) writeFileSync(filter, '0');
        inside('ip', 'route', 'del', '127.0.0.1/32');
      }
    });
    it('on one address is not reached at another', async () => {
      expect(await other.ask('tcp', lan.host, 18082)).toEqual(yes('web'));
      expect(await host.ask('tcp', '127.0.0.1', 18082, 500)).toEqual(refusedOrSilent);
    });
    it('is not reached by an internal network', async () => {
      expect(await inner.agent.ask('tcp', lan.host, 18080, 500)).toEqual(refusedOrSilent);
    });
  });

  it('UDP clients that keep sending reach the container that has the port now', async () => {
    const port = { protocol: 'udp' as const, containerPort: 80, hostIp: '', hostPort: 18090 };
    const ask = (timeout = 60_000) =>
      other.run({ do: 'ask', protocol: 'udp', host: lan.host, port: 18090, timeout, localPort: 18091 });
    const front = records[0]!;
    const before = await container('before', [front], [port]);
    expect(await ask()).toEqual(yes('before'));
    await service.containerStopped(before.id);
    await before.agent.stop();
    expect(await ask(500)).toEqual(refusedOrSilent);
    const after = await container('after', [front], [port]);
    try {
      expect(await ask()).toEqual(yes('after'));
    } finally {
      await service.containerStopped(after.id);
    }
  });

  it('a port of a container whose way out is another than its first network is reached all the same', async () => {
    const [front, back] = records as [NetworkRecord, NetworkRecord];
    const port = { protocol: 'tcp' as const, containerPort: 80, hostIp: '', hostPort: 18095 };
    // As distributions set it: what comes from an address by another way than leads back there is dropped.
    const filter = '/proc/sys/net/ipv4/conf/all/rp_filter';
    const before = readFileSync(filter, 'utf8');
    writeFileSync(filter, '1');
    const both = await container('both', [front, back], [port], [back.id]);
    try {
      expect(await other.ask('tcp', lan.host, 18095, 10_000)).toBe(`both ${lan.other}`);
      expect(await host.ask('tcp', '127.0.0.1', 18095)).toEqual(yes('both'));
    } finally {
      writeFileSync(filter, before);
      await service.containerStopped(both.id);
    }
  });

  describe('unpublished ports', () => {
    it('are reached by the machine and by containers of the same network', async () => {
      expect(await host.ask('tcp', web.address, 81)).toEqual(yes('web'));
      expect(await peer.agent.ask('tcp', web.address, 81)).toBe(`web ${peer.address}`);
      expect(await host.ask('tcp', inner.address, 81)).toEqual(yes('inner'));
    });
    it('are not reached from another network, published or not', async () => {
      expect(await stranger.agent.ask('tcp', web.address, 81, 500)).toEqual(refusedOrSilent);
      expect(await stranger.agent.ask('tcp', web.address, 80, 500)).toEqual(refusedOrSilent);
      expect(await inner.agent.ask('tcp', web.address, 81, 500)).toEqual(refusedOrSilent);
      expect(await stranger.agent.ask('tcp', inner.address, 81, 500)).toEqual(refusedOrSilent);
    });
    it('are not reached by routing from another machine', async () => {
      expect(await other.ask('tcp', web.address, 81, 500)).toEqual(refusedOrSilent);
      expect(await other.ask('tcp', web.address, 80, 500)).toEqual(refusedOrSilent);
      expect(await other.ask('udp', web.address, 80, 500)).toEqual(refusedOrSilent);
    });
  });

  describe('the way out', () => {
    it('goes through the address of the machine', async () => {
      expect(await web.agent.ask('tcp', lan.other, 80)).toBe(`other ${lan.host}`);
    });
    it('is closed for internal networks', async () => {
      expect(await inner.agent.ask('tcp', lan.other, 80, 500)).toEqual(refusedOrSilent);
    });
  });

  describe('the loopback of the machine', () => {
    it('is not reached by a container that routes 127.0.0.0/8 to it', async () => {
      const server = await startAgent(bundle.path, 'host');
      try {
        await server.run({ do: 'serve', protocol: 'udp', port: 18099, name: 'secret' });
        expect(await host.ask('udp', '127.0.0.1', 18099)).toEqual(yes('secret'));
        const inside = leadLoopbackTo(peer.agent, '10.213.16.1');
        expect(inside('ip', 'route', 'get', '127.0.0.1')).toContain('via 10.213.16.1');
        expect(await peer.agent.ask('udp', '127.0.0.1', 18099, 500)).toEqual(refusedOrSilent);
      } finally {
        await server.stop();
      }
    });
  });
});
