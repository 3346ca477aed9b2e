import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { closeSync, openSync, readdirSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { encodeName } from '../../../src/network/dns/wire.ts';
import {
  createNetworkService,
  type DnsOptions,
  type EndpointRecord,
  type NetworkRecord,
  type NetworkService,
  type NetworkSpec,
  type PortBinding,
  type PortRequest,
} from '../../../src/network/index.ts';
import { type Agent, buildAgent, startAgent } from '../../support/network/agent.ts';
import { whyNoNetwork } from '../../support/network/why-no-network.ts';
import { enterOwnNetwork } from '../../support/own-network.ts';

const why = whyNoNetwork();
if (why) console.log(`skipped: ${why}`);

const instance = '7e57a002';
let bundle: Awaited<ReturnType<typeof buildAgent>>;
let service: NetworkService;
let host: Agent;
const warnings: string[] = [];
let networks: NetworkRecord[] = [];
let containers: Container[] = [];

interface Container {
  readonly id: string;
  readonly agent: Agent;
  endpoints: readonly EndpointRecord[];
  readonly ports: readonly PortBinding[];
}

const openService = (timestamp = () => '2026-01-01T00:00:00Z') =>
  createNetworkService({
    instance,
    now: () => performance.now(),
    timestamp,
    warn: (sentence) => warnings.push(sentence),
    runOps: async (id, ops) => {
      const { agent } = containers.find((one) => one.id === id)!;
      // Copies of its sockets would keep the namespace alive.
      for (const fd of Object.values(await agent.execute({ host: [], network: ops }))) closeSync(fd);
    },
  });

function network(spec: NetworkSpec): NetworkRecord {
  const record = service.createNetwork(spec, networks);
  networks.push(record);
  return record;
}

const idOf = (name: string) => Buffer.from(name).toString('hex').padEnd(64, '0');
const subnet = (third: number) => [{ subnet: `10.214.${third}.0/24` }];

async function container(
  name: string,
  on: readonly NetworkRecord[],
  ports: readonly PortRequest[] = [],
  dns?: DnsOptions,
): Promise<Container> {
  const id = idOf(name);
  const endpoints = on.map((record, index) =>
    service.allocate(record, { containerId: id, aliases: [name, 'any'], interfaceName: `eth${index}` }),
  );
  const plan = await service.planAttach({ containerId: id, containerName: name, endpoints, ports });
  const agent = await startAgent(bundle.path);
  const made: Container = { id, agent, endpoints: plan.endpoints, ports: plan.ports };
  containers.push(made);
  await service.containerStarted({
    containerId: id,
    containerName: name,
    endpoints: plan.endpoints,
    ports: plan.ports,
    sockets: await agent.execute(plan),
    ...(dns ? { dns } : {}),
  });
  for (const protocol of ['tcp', 'udp'] as const) {
    await agent.run({ do: 'serve', protocol, port: 80, name });
  }
  return made;
}

const links = () =>
  execFileSync('ip', ['-o', 'link'])
    .toString()
    .split('\n')
    .filter((line) => line.includes(`tc${instance}`));

/** Without their state, which the kernel settles in its own time. */
const linkNames = () => links().map((line) => line.split(/[:@ ]+/)[1]);

/** Asks 127.0.0.11 for a name's addresses; the code when it isn't 0. */
async function resolve(
  agent: Agent,
  name: string,
  options: { protocol?: 'udp' | 'tcp'; type?: number; timeout?: number } = {},
): Promise<string[] | string> {
  const { protocol = 'udp', type = 1, timeout = 60_000 } = options;
  const query = Buffer.concat([
    Buffer.from('123401000001000000000000', 'hex'),
    encodeName(name),
    Buffer.of(0, type, 0, 1),
  ]);
  const length = Buffer.of(query.length >> 8, query.length & 255);
  const payload = (protocol === 'tcp' ? Buffer.concat([length, query]) : query).toString('hex');
  const text = (await agent.run({
    do: 'ask',
    protocol,
    host: '127.0.0.11',
    port: 53,
    timeout,
    payload,
  })) as string;
  if (!/^[0-9a-f]+$/.test(text)) return text;
  const answer = Buffer.from(text, 'hex').subarray(protocol === 'tcp' ? 2 : 0);
  if ((answer[3]! & 15) !== 0) return `code ${answer[3]! & 15}`;
  const found: string[] = [];
  for (let at = query.length, left = answer.readUInt16BE(6); left > 0; left--) {
    found.push([...answer.subarray(at + 12, at + 12 + answer.readUInt16BE(at + 10))].join('.'));
    at += 12 + answer.readUInt16BE(at + 10);
  }
  return found.sort();
}

describe.skipIf(why !== undefined)('the network service', () => {
  beforeAll(async () => {
    enterOwnNetwork();
    bundle = await buildAgent();
    host = await startAgent(bundle.path, 'host');
  });

  beforeEach(async () => {
    service = openService();
    warnings.length = 0;
    return async () => {
      for (const { id, agent } of containers) {
        await service.containerStopped(id);
        await agent.stop();
      }
      for (const record of networks) await service.removeNetwork(record);
      await service.close();
      containers = [];
      networks = [];
      // The kernel takes a namespace apart in its own time after its last process has ended.
      await expect.poll(links, { timeout: 90_000 }).toEqual([]);
    };
  });

  afterAll(async () => {
    await host.stop();
    bundle.release();
  });

  describe('the name server', () => {
    it('answers by UDP and TCP with what the asker’s networks know', async () => {
      const front = network({ name: 'front', ipam: subnet(1) });
      const back = network({ name: 'back', internal: true, ipam: subnet(2) });
      const web = await container('web', [front, back]);
      const db = await container('db', [back]);
      expect(await resolve(web.agent, 'db')).toEqual([db.endpoints[0]!.ipv4]);
      expect(await resolve(web.agent, 'DB.back', { protocol: 'tcp' })).toEqual([db.endpoints[0]!.ipv4]);
      expect(await resolve(db.agent, 'web')).toEqual([web.endpoints[1]!.ipv4]);
      expect(await resolve(web.agent, 'any.back')).toEqual(
        [db.endpoints[0]!.ipv4, web.endpoints[1]!.ipv4].sort(),
      );
      expect(await resolve(web.agent, 'db', { type: 28 })).toEqual([]);
      expect(await db.agent.ask('tcp', web.endpoints[1]!.ipv4, 80)).toMatch(/^web /);
    });

    it('has nothing to say about other names on internal networks', async () => {
      const back = network({ name: 'back', internal: true, ipam: subnet(2) });
      const db = await container('db', [back]);
      expect(await resolve(db.agent, 'elsewhere.example')).toBe('code 2');
    });

    it('passes other names on to the servers of the container', async () => {
      const upstream = createSocket('udp4');
      upstream.on('message', (bytes, from) => {
        const answer = Buffer.from(bytes);
        answer[2] = 0x81;
        answer[3] = 0x83;
        upstream.send(answer, from.port, from.address);
      });
      await new Promise<void>((done) => upstream.bind(53, '127.0.7.53', done));
      try {
        const front = network({ name: 'front', ipam: subnet(1) });
        const web = await container('web', [front], [], { servers: ['127.0.7.53'] });
        expect(await resolve(web.agent, 'elsewhere.example')).toBe('code 3');
        expect(await resolve(web.agent, 'web')).toEqual([web.endpoints[0]!.ipv4]);
      } finally {
        upstream.close();
      }
    });

    it('makes room for a container that serves DNS itself', async () => {
      const front = network({ name: 'front', ipam: subnet(1) });
      const own = await container(
        'own',
        [front],
        [{ protocol: 'udp', containerPort: 53, hostIp: '127.0.0.1', hostPort: 18153 }],
      );
      const peer = await container('peer', [front]);
      // On every address, as a name server does.
      for (const protocol of ['udp', 'tcp'] as const) {
        await own.agent.run({ do: 'serve', protocol, port: 53, name: 'own-dns' });
        expect(await peer.agent.ask(protocol, own.endpoints[0]!.ipv4, 53)).toMatch(/^own-dns /);
        expect(await resolve(own.agent, 'peer', { protocol })).toEqual([peer.endpoints[0]!.ipv4]);
      }
      expect(await host.ask('udp', '127.0.0.1', 18153)).toMatch(/^own-dns /);
    });

    it('answers what was asked while no engine ran', async () => {
      const front = network({ name: 'front', ipam: subnet(1) });
      const web = await container(
        'web',
        [front],
        [{ protocol: 'tcp', containerPort: 80, hostIp: '', hostPort: 18180 }],
      );
      await service.close();
      const udp = resolve(web.agent, 'web');
      const tcp = resolve(web.agent, 'web', { protocol: 'tcp' });
      const six = host.ask('tcp', '::1', 18180);
      // Needs nobody: the kernel translates.
      expect(await host.ask('tcp', '127.0.0.1', 18180)).toMatch(/^web /);
      service = openService();
      await service.adopt(networks, web.endpoints, [
        { containerId: web.id, endpoints: web.endpoints, ports: web.ports, sockets: web.agent.sockets() },
      ]);
      expect(await udp).toEqual([web.endpoints[0]!.ipv4]);
      expect(await tcp).toEqual([web.endpoints[0]!.ipv4]);
      expect(await six).toMatch(/^web /);
      expect(service.allocate(front, { containerId: 'x', aliases: [] }).ipv4).not.toBe(
        web.endpoints[0]!.ipv4,
      );
    });
  });

  describe('adoption', () => {
    it('removes what belongs to nothing', async () => {
      const front = network({ name: 'front', ipam: subnet(1) });
      const gone = network({ name: 'gone', ipam: subnet(2) });
      await service.ensureBridge(gone);
      const web = await container(
        'web',
        [front],
        [{ protocol: 'tcp', containerPort: 80, hostIp: '', hostPort: 18180 }],
      );
      const dead = await container(
        'dead',
        [front],
        [{ protocol: 'tcp', containerPort: 80, hostIp: '', hostPort: 18181 }],
      );
      await service.close();
      service = openService();
      networks = [front];
      const running = {
        containerId: web.id,
        endpoints: web.endpoints,
        ports: web.ports,
        sockets: web.agent.sockets(),
      };
      await service.adopt([front], web.endpoints, [running]);
      expect(
        links()
          .map((line) => line.split(/[:@ ]+/)[1])
          .sort(),
      ).toEqual([front.bridge, web.endpoints[0]!.hostLink].sort());
      expect(await host.ask('tcp', '127.0.0.1', 18180)).toMatch(/^web /);
      const rules = execFileSync('nft', ['list', 'table', 'inet', `tcompose_${instance}`]).toString();
      expect(rules).toContain('18180');
      expect(rules).not.toContain('18181');
      expect(rules).not.toContain(gone.bridge);
      await dead.agent.stop();
      containers = containers.filter((one) => one !== dead);
    });

    it('of nothing leaves nothing', async () => {
      const front = network({ name: 'front', ipam: subnet(1) });
      await service.ensureBridge(front);
      await service.close();
      service = openService();
      networks = [];
      await service.adopt([], [], []);
      expect(links()).toEqual([]);
      const tables = execFileSync('nft', ['list', 'tables']).toString();
      expect(tables).not.toContain(instance);
    });
  });

  describe('a running container', () => {
    it('can be connected to a network and disconnected from it', async () => {
      const front = network({ name: 'front', internal: true, ipam: subnet(1) });
      const back = network({ name: 'back', ipam: subnet(2) });
      const web = await container('web', [front]);
      const db = await container('db', [back]);
      expect(await web.agent.ask('tcp', db.endpoints[0]!.ipv4, 80, 300)).toMatch(/^E/);
      const wanted = service.allocate(back, { containerId: web.id, aliases: ['web'] });
      const endpoint = await service.connect(web.id, back, wanted);
      expect(endpoint.interfaceName).toBe('eth1');
      expect(await web.agent.ask('tcp', db.endpoints[0]!.ipv4, 80)).toBe(`db ${endpoint.ipv4}`);
      expect(await resolve(web.agent, 'db')).toEqual([db.endpoints[0]!.ipv4]);
      expect(await resolve(db.agent, 'web')).toEqual([endpoint.ipv4]);
      const routes = execFileSync('nsenter', ['-t', String(web.agent.pid), '-n', 'ip', 'route']).toString();
      expect(routes).toContain('default via 10.214.2.1 dev eth1');
      await service.disconnect(web.id, back.id);
      await service.disconnect(web.id, back.id);
      service.release(endpoint);
      expect(await resolve(db.agent, 'web')).not.toEqual([endpoint.ipv4]);
      expect(links().some((line) => line.includes(endpoint.hostLink))).toBe(false);
    });

    it('can be connected to a network with IPv6', async () => {
      const front = network({ name: 'front', ipam: subnet(1) });
      const six = network({ name: 'six', enableIPv6: true, ipam: subnet(2) });
      const web = await container('web', [front]);
      const db = await container('db', [six]);
      const endpoint = await service.connect(
        web.id,
        six,
        service.allocate(six, { containerId: web.id, aliases: ['web'] }),
      );
      expect(await web.agent.ask('tcp', db.endpoints[0]!.ipv4, 80)).toBe(`db ${endpoint.ipv4}`);
      // Nothing listens there: a refusal has come back from the other side.
      expect(await web.agent.ask('tcp', db.endpoints[0]!.ipv6!, 81)).toBe('ECONNREFUSED');
    });

    it('keeps its published port when it leaves the network the port led through', async () => {
      const front = network({ name: 'front', ipam: subnet(1) });
      const back = network({ name: 'back', ipam: subnet(2) });
      const web = await container(
        'web',
        [front, back],
        [{ protocol: 'tcp', containerPort: 80, hostIp: '', hostPort: 18180 }],
      );
      await service.disconnect(web.id, front.id);
      expect(await host.ask('tcp', '127.0.0.1', 18180)).toMatch(/^web /);
      expect(await host.ask('tcp', '::1', 18180)).toMatch(/^web /);
    });
  });

  it('an address that comes back at once is not answered for by the namespace that had it', async () => {
    const front = network({ name: 'front', ipam: subnet(1) });
    const first = await container('first', [front]);
    const [endpoint] = first.endpoints;
    await service.containerStopped(first.id);
    service.release(endpoint!);
    const id = idOf('second');
    const again = service.allocate(front, { containerId: id, aliases: ['second'], ipv4: endpoint!.ipv4 });
    const plan = await service.planAttach({ containerId: id, endpoints: [again], ports: [] });
    expect(links().some((line) => line.includes(endpoint!.hostLink))).toBe(false);
    const agent = await startAgent(bundle.path);
    containers.push({ id, agent, endpoints: plan.endpoints, ports: [] });
    await service.containerStarted({
      containerId: id,
      endpoints: plan.endpoints,
      ports: [],
      sockets: await agent.execute(plan),
    });
    await agent.run({ do: 'serve', protocol: 'tcp', port: 80, name: 'second' });
    for (let tries = 0; tries < 5; tries++) {
      expect(await host.ask('tcp', endpoint!.ipv4, 80)).toMatch(/^second /);
    }
  });

  it('a link whose namespace lives on after its container is taken away', async () => {
    const front = network({ name: 'front', ipam: subnet(1) });
    const web = await container('web', [front]);
    const other = await container('other', [front]);
    await service.containerStopped(web.id);
    const names = () => links().map((line) => line.split(/[:@ ]+/)[1]);
    expect(names()).toContain(web.endpoints[0]!.hostLink);
    await vi.waitFor(() => expect(names()).not.toContain(web.endpoints[0]!.hostLink), { timeout: 90_000 });
    expect(names()).toContain(other.endpoints[0]!.hostLink);
  });

  describe('ports', () => {
    const port = (hostPort: number): PortRequest => ({
      protocol: 'tcp',
      containerPort: 80,
      hostIp: '',
      hostPort,
    });
    const plan = (front: NetworkRecord, ports: PortRequest[]) => {
      const endpoint = service.allocate(front, { containerId: idOf('late'), aliases: [] });
      return service.planAttach({ containerId: idOf('late'), endpoints: [endpoint], ports });
    };

    it('that are taken are refused with the name of who has them, and nothing has changed', async () => {
      const front = network({ name: 'front', ipam: subnet(1) });
      await container('web', [front], [port(18180)]);
      const before = linkNames();
      await expect(plan(front, [port(18180)])).rejects.toThrow(
        'port 0.0.0.0:18180/tcp is already in use: container web has it',
      );
      const server: Server = createServer();
      await new Promise<void>((done) => server.listen(18182, '127.0.0.1', done));
      try {
        await expect(plan(front, [port(18182)])).rejects.toThrow(
          new RegExp(`port 0\\.0\\.0\\.0:18182/tcp is already in use: .+ \\(pid ${process.pid}\\) has it`),
        );
      } finally {
        server.close();
      }
      expect(linkNames()).toEqual(before);
    });

    it('are really taken while the container runs, and free afterwards', async () => {
      const front = network({ name: 'front', ipam: subnet(1) });
      const web = await container('web', [front], [port(18180)]);
      const listen = (address: string) =>
        new Promise((done) => {
          const server = createServer();
          server.once('error', (error: NodeJS.ErrnoException) => done(error.code));
          server.listen(18180, address, () => server.close(() => done('free')));
        });
      expect([await listen('127.0.0.1'), await listen('::1')]).toEqual(['EADDRINUSE', 'EADDRINUSE']);
      await service.containerStopped(web.id);
      await web.agent.stop();
      containers = [];
      expect([await listen('127.0.0.1'), await listen('::1')]).toEqual(['free', 'free']);
    });

    it('come in ranges of ten thousand, which cost no descriptors and are free again afterwards', async () => {
      const front = network({ name: 'front', ipam: subnet(1) });
      const range = (['udp', 'tcp'] as const).flatMap((protocol) =>
        Array.from({ length: 10_000 }, (_, index) => ({
          protocol,
          containerPort: 80,
          hostIp: '',
          hostPort: 20_000 + index,
        })),
      );
      const before = readdirSync('/proc/self/fd').length;
      const web = await container('web', [front], [...range, port(18180)]);
      expect(web.ports).toHaveLength(20_000 + 2);
      expect(readdirSync('/proc/self/fd').length).toBeLessThan(before + 30);
      expect(warnings).toEqual(['container web: ranges of 1024 ports and more are published over IPv4 only']);
      for (const hostPort of [20_000, 24_999, 29_999]) {
        expect(await host.ask('udp', '127.0.0.1', hostPort)).toMatch(/^web /);
        expect(await host.ask('tcp', '127.0.0.1', hostPort)).toMatch(/^web /);
      }
      expect(await host.ask('tcp', '::1', 18180)).toMatch(/^web /);
      await expect(plan(front, [port(24_999)])).rejects.toThrow(
        'port 0.0.0.0:24999/tcp is already in use: container web has it',
      );
      await service.containerStopped(web.id);
      expect((await plan(front, [port(24_999)])).ports).toHaveLength(2);
      await service.containerStopped(idOf('late'));
    });

    it('of a start that fails are free again', async () => {
      const front = network({ name: 'front', ipam: subnet(1) });
      const planned = await plan(front, [port(18180)]);
      const agent = await startAgent(bundle.path);
      const sockets = await agent.execute(planned);
      closeSync(sockets['dns-tcp']!);
      const start = service.containerStarted({
        containerId: idOf('late'),
        endpoints: planned.endpoints,
        ports: planned.ports,
        sockets: { ...sockets, 'dns-tcp': openSync('/dev/null', 'r') },
      });
      await expect(start).rejects.toThrow();
      await service.containerStopped(idOf('late'));
      await agent.stop();
      expect((await plan(front, [port(18180)])).ports).toHaveLength(2);
      await service.containerStopped(idOf('late'));
    });

    it('without a number get a free one', async () => {
      const front = network({ name: 'front', ipam: subnet(1) });
      const web = await container('web', [front], [port(0)]);
      expect(web.ports).toHaveLength(2);
      expect(web.ports[0]!.hostPort).toBe(web.ports[1]!.hostPort);
      expect(await host.ask('tcp', '127.0.0.1', web.ports[0]!.hostPort)).toMatch(/^web /);
    });

    it('of containers on internal networks are not published, which is said', async () => {
      const front = network({ name: 'front', internal: true, ipam: subnet(1) });
      const web = await container('web', [front], [port(18180)]);
      expect(web.ports).toEqual([]);
      expect(warnings).toEqual(['ports of container web are not published: all its networks are internal']);
    });
  });

  describe('kinds of networks', () => {
    it('IPv6 reaches containers and the machine', async () => {
      const six = network({ name: 'six', enableIPv6: true, ipam: subnet(1) });
      const a = await container('a', [six]);
      const b = await container('b', [six]);
      expect(a.endpoints[0]!.ipv6).toMatch(/^fd7e:57a0:2/);
      const ping = (agent: Agent, to: string) =>
        agent.run({ do: 'ask', protocol: 'tcp', host: to, port: 81, timeout: 90_000 });
      // Nothing listens there: a refusal has come back from the other side.
      expect(await ping(a.agent, b.endpoints[0]!.ipv6!)).toBe('ECONNREFUSED');
      expect(await ping(host, b.endpoints[0]!.ipv6!)).toBe('ECONNREFUSED');
      expect(await resolve(a.agent, 'b', { type: 28 })).toHaveLength(1);
    });

    it('enable_icc false keeps neighbours apart', async () => {
      const apart = network({
        name: 'apart',
        ipam: subnet(1),
        options: { 'com.docker.network.bridge.enable_icc': 'false' },
      });
      const a = await container('a', [apart]);
      const b = await container('b', [apart]);
      expect(await a.agent.ask('tcp', b.endpoints[0]!.ipv4, 80, 300)).toMatch(/^E/);
      expect(await host.ask('tcp', b.endpoints[0]!.ipv4, 80)).toMatch(/^b /);
    });

    it('have the bridge name and MTU that were asked for', async () => {
      const own = network({
        name: 'own',
        ipam: subnet(1),
        options: { 'com.docker.network.bridge.name': 'tct-own', 'com.docker.network.driver.mtu': '1300' },
      });
      const a = await container(
        'a',
        [own],
        [{ protocol: 'tcp', containerPort: 80, hostIp: '', hostPort: 18180 }],
      );
      expect(execFileSync('ip', ['link', 'show', 'tct-own']).toString()).toContain('mtu 1300');
      expect(
        execFileSync('nsenter', ['-t', String(a.agent.pid), '-n', 'ip', 'link', 'show', 'eth0']).toString(),
      ).toContain('mtu 1300');
      expect(await host.ask('tcp', '127.0.0.1', 18180)).toMatch(/^a /);
      expect(() => network({ name: 'again', options: { 'com.docker.network.bridge.name': 'lo' } })).toThrow(
        'a link lo exists already',
      );
    });

    it('exist from their creation, the default one from its first use', async () => {
      const made = network({ name: 'made', ipam: subnet(1) });
      const lazy = network({ name: 'bridge', ipam: subnet(2) });
      expect(links().map((line) => line.split(/[:@ ]+/)[1])).toEqual([made.bridge]);
      await service.ensureBridge(lazy);
      expect(links()).toHaveLength(2);
    });

    it('are refused when another link has their subnet by then', async () => {
      const late = network({ name: 'bridge', ipam: subnet(1) });
      execFileSync('ip', ['link', 'add', 'tct-taken', 'type', 'bridge']);
      try {
        execFileSync('ip', ['address', 'add', '10.214.1.9/24', 'dev', 'tct-taken']);
        execFileSync('ip', ['link', 'set', 'tct-taken', 'up']);
        await expect(service.ensureBridge(late)).rejects.toThrow(
          'link tct-taken has the subnet 10.214.1.0/24 of network bridge, too',
        );
        expect(links()).toEqual([]);
      } finally {
        execFileSync('ip', ['link', 'delete', 'tct-taken']);
      }
    });

    it('get the next subnet when another engine takes theirs at the same moment', async () => {
      const rival = createNetworkService({
        instance: '7e57a003',
        now: () => performance.now(),
        timestamp: () => '',
        warn: () => {},
      });
      let others: NetworkRecord | undefined;
      await service.close();
      // The moment of creation is asked for when the subnet is being chosen.
      service = openService(() => {
        others ??= rival.createNetwork({ name: 'theirs' }, []);
        return '2026-01-01T00:00:00Z';
      });
      try {
        const ours = network({ name: 'ours' });
        expect(others!.pools[0]!.subnet).toMatch(/^172\./);
        expect(ours.pools[0]!.subnet).toMatch(/^172\./);
        expect(ours.pools[0]!.subnet).not.toBe(others!.pools[0]!.subnet);
        expect(linkNames()).toEqual([ours.bridge]);
      } finally {
        await rival.removeNetwork(others!);
        await rival.close();
      }
    });

    it('get their bridge again when another program has deleted it, running containers with it', async () => {
      const front = network({ name: 'front', ipam: subnet(1) });
      const web = await container('web', [front]);
      execFileSync('ip', ['link', 'delete', front.bridge]);
      const late = await container('late', [front]);
      expect(warnings).toEqual([
        `network front: its bridge ${front.bridge} was deleted by another program; it was recreated`,
      ]);
      expect(await late.agent.ask('tcp', web.endpoints[0]!.ipv4, 80)).toMatch(/^web /);
      expect(await host.ask('tcp', web.endpoints[0]!.ipv4, 80)).toMatch(/^web /);
    });

    it('host and none have no addresses', async () => {
      const none = network({ name: 'none', driver: 'none' });
      const machine = network({ name: 'host', driver: 'host' });
      await service.ensureBridge(none);
      const endpoint = service.allocate(none, { containerId: idOf('x'), aliases: [] });
      expect(endpoint).toMatchObject({ ipv4: '', hostLink: '' });
      const planned = (on: EndpointRecord) =>
        service.planAttach({ containerId: idOf('x'), endpoints: [on], ports: [] });
      expect((await planned(endpoint)).network.map((op) => op.op === 'netlink' && op.what)).toEqual([
        'bring up lo',
      ]);
      const shared = service.allocate(machine, { containerId: idOf('x'), aliases: [] });
      expect((await planned(shared)).network).toEqual([]);
    });
  });
});
