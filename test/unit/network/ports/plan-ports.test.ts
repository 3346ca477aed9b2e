import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PortBinding, PortRequest } from '../../../../src/network/index.ts';
import { heldBindings } from '../../../../src/network/ports/long-runs.ts';
import {
  findPortConflicts,
  holdPort,
  type PortWorld,
  planPorts,
} from '../../../../src/network/ports/plan-ports.ts';
import { clashes, findPortHolder, parseSocketTable } from '../../../../src/network/ports/port-holder.ts';
import { createPortIndex, sameHostPort } from '../../../../src/network/ports/port-index.ts';

const { EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT, EINVAL } = constants.errno;

const world = (over: Partial<PortWorld> = {}): PortWorld => ({
  probe: () => 0,
  owner: () => undefined,
  holder: () => undefined,
  ephemeral: { first: 40000, last: 40002, next: () => 1 },
  ...over,
});
const request = (over: Partial<PortRequest> = {}): PortRequest => ({
  protocol: 'tcp',
  containerPort: 80,
  hostIp: '',
  hostPort: 8080,
  ...over,
});
const brief = (bindings: readonly PortBinding[]) =>
  bindings.map(({ hostIp, hostPort, containerPort }) => `${hostIp} ${hostPort} ${containerPort}`);

describe('planning ports', () => {
  it('takes both families when no address is named', () => {
    expect(brief(planPorts([request()], world()))).toEqual(['0.0.0.0 8080 80', ':: 8080 80']);
    expect(brief(planPorts([request({ hostIp: '127.0.0.1' })], world()))).toEqual(['127.0.0.1 8080 80']);
  });
  it('does without IPv6 where the machine has none, unless it was asked for', () => {
    const none = world({ probe: ({ hostIp }) => (hostIp === '::' ? EAFNOSUPPORT : 0) });
    expect(brief(planPorts([request()], none))).toEqual(['0.0.0.0 8080 80']);
    expect(() => planPorts([request({ hostIp: '::' })], none)).toThrow('EAFNOSUPPORT');
  });
  it('chooses a port that is free in both families', () => {
    const busy = world({
      probe: ({ hostIp, hostPort }) => (hostPort === 40001 && hostIp === '::' ? EADDRINUSE : 0),
    });
    expect(brief(planPorts([request({ hostPort: 0 })], busy))).toEqual(['0.0.0.0 40002 80', ':: 40002 80']);
  });
  it('gives every request of a container another free port', () => {
    const same = world({ ephemeral: { first: 40000, last: 40002, next: () => 0 } });
    const list = [1, 2, 3].map((containerPort) => request({ hostPort: 0, containerPort, hostIp: '0.0.0.0' }));
    expect(planPorts(list, same).map(({ hostPort }) => hostPort)).toEqual([40000, 40001, 40002]);
    expect(() => planPorts([...list, list[0]!], same)).toThrow('no free tcp port in 40000-40002');
  });
  it('takes the first free one of a range', () => {
    const busy = world({ probe: ({ hostPort }) => (hostPort === 9000 ? EADDRINUSE : 0) });
    const range = request({ hostIp: '127.0.0.1', hostPort: 9000, hostPortEnd: 9002 });
    expect(brief(planPorts([range], busy))).toEqual(['127.0.0.1 9001 80']);
  });
  it('publishes a range of thousands of ports over IPv4 without sockets, and its neighbours as ever', () => {
    const range = Array.from({ length: 10_000 }, (_, index) =>
      request({ protocol: 'udp', hostPort: 30_000 + index, containerPort: 30_000 + index }),
    );
    const short = Array.from({ length: 1023 }, (_, index) => request({ hostPort: 1000 + index }));
    const planned = planPorts([...range, ...short, request({ hostPort: 9000 })], world());
    expect(planned).toHaveLength(10_000 + 2 * 1024);
    expect(planned.filter(({ protocol, hostIp }) => protocol === 'udp' && hostIp !== '0.0.0.0')).toEqual([]);
    expect(heldBindings(planned)).toEqual(planned.filter(({ protocol }) => protocol === 'tcp'));
    expect(() => planPorts([...range, range[7]!], world())).toThrow('the same container publishes it twice');
    const demands = ['a', 'b'].map((containerName) => ({ containerName, ports: range }));
    expect(findPortConflicts(demands, world()).map(({ error }) => error.message)).toEqual([
      'container a also publishes port 0.0.0.0:30000/udp',
    ]);
  });
  it('holds the ports of a long range of an IPv6 address, which only a proxy can serve', () => {
    const range = Array.from({ length: 2000 }, (_, index) =>
      request({ hostIp: '::1', hostPort: 2000 + index }),
    );
    const planned = planPorts(range, world());
    expect(heldBindings(planned)).toEqual(planned);
  });
  it('says so when the engine itself has a port', () => {
    const busy = world({
      probe: () => EADDRINUSE,
      holder: () => ({ pid: 42, command: 'node', isSelf: true }),
    });
    expect(() => planPorts([request()], busy)).toThrow(
      'port 0.0.0.0:8080/tcp is already in use: this engine (pid 42) has it',
    );
  });
  it('tells the port whose process it can’t name, for one who sees more', () => {
    const demands = [{ containerName: 'a', ports: [request()] }];
    const conflict = (over: Partial<PortWorld>) =>
      findPortConflicts(demands, world({ probe: () => EADDRINUSE, ...over }))[0]?.nameless;
    expect(conflict({})).toMatchObject({ hostIp: '0.0.0.0', hostPort: 8080, protocol: 'tcp' });
    expect(conflict({ owner: () => 'web' })).toBeUndefined();
    expect(conflict({ holder: () => ({ pid: 42, command: 'nginx' }) })).toBeUndefined();
  });
  it('says why an address of one link alone can’t be published on', () => {
    const refusing = world({ probe: () => EINVAL });
    expect(() => planPorts([request({ hostIp: 'fe80::1' })], refusing)).toThrow(
      'port [fe80::1]:8080/tcp cannot be published: its address is of one link alone, as all of fe80::/10 are',
    );
  });
  it('names the process that has a port', () => {
    const busy = world({ probe: () => EADDRINUSE, holder: () => ({ pid: 42, command: 'nginx' }) });
    expect(() => planPorts([request()], busy)).toThrow(
      'port 0.0.0.0:8080/tcp is already in use: nginx (pid 42) has it',
    );
  });
  it('names the container that has a port, without trying it', () => {
    const busy = world({ owner: () => 'web-1', probe: () => 0 });
    expect(() => planPorts([request({ hostIp: '::1' })], busy)).toThrow(
      'port [::1]:8080/tcp is already in use: container web-1 has it',
    );
  });
  it('names the container itself when it asks twice', () => {
    expect(() => planPorts([request(), request({ containerPort: 81 })], world())).toThrow(
      'the same container publishes it twice',
    );
    expect(planPorts([request(), request({ protocol: 'udp' })], world())).toHaveLength(4);
  });
  it.each([
    [{ protocol: 'sctp' as const }, 'only TCP and UDP'],
    [{ containerPort: 0 }, 'ports go from 1 to 65535'],
    [{ hostPort: 70000 }, 'ports go from 1 to 65535'],
    [{ hostIp: 'localhost' }, 'localhost is not an IP address'],
  ])('refuses %j', (over, why) => {
    expect(() => planPorts([request(over)], world())).toThrow(why);
  });
  it('says when the machine has no such address', () => {
    expect(() =>
      planPorts([request({ hostIp: '192.0.2.77' })], world({ probe: () => EADDRNOTAVAIL })),
    ).toThrow('the machine has no such address');
  });
  it('holds a listening socket a binding, each under a name of its own', () => {
    const bindings = [
      ...planPorts([request(), request({ protocol: 'udp' })], world()),
      ...planPorts([request({ hostIp: '127.0.0.1' }), request({ hostIp: '127.0.0.2' })], world()),
    ];
    expect(new Set(bindings.map((binding) => holdPort(binding).name)).size).toBe(6);
    expect(holdPort(bindings[0]!)).toEqual({
      op: 'hold-socket',
      name: 'port-tcp-8080-4',
      family: 4,
      protocol: 'tcp',
      address: '0.0.0.0',
      port: 8080,
      backlog: 128,
    });
  });
  it('tells which bindings exclude each other', () => {
    const at = (hostIp: string, protocol: 'tcp' | 'udp' = 'tcp'): PortBinding => ({
      protocol,
      containerPort: 1,
      hostIp,
      hostPort: 1,
    });
    expect(sameHostPort(at('0.0.0.0'), at('127.0.0.1'))).toBe(true);
    expect(sameHostPort(at('127.0.0.2'), at('127.0.0.1'))).toBe(false);
    expect(sameHostPort(at('0.0.0.0'), at('::'))).toBe(false);
    expect(sameHostPort(at('0.0.0.0'), at('0.0.0.0', 'udp'))).toBe(false);
  });
});

describe('socket tables of /proc', () => {
  const header =
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
  const line = (address: string, state: string, inode: number) =>
    `   0: ${address} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0 100 0 0 10 0\n`;
  it('tell listeners of TCP and all bound sockets of UDP', () => {
    const text = header + line('0100007F:1F90', '0A', 11) + line('0100007F:1F91', '01', 12);
    expect(parseSocketTable(text, 'tcp', 4)).toEqual([
      { family: 4, address: 0x7f000001n, port: 8080, inode: '11' },
    ]);
    expect(parseSocketTable(text, 'udp', 4)).toHaveLength(2);
  });
  it('have IPv6 addresses in groups of four bytes', () => {
    const text = header + line('B80D0120000000000000000001000000:0050', '0A', 13);
    expect(parseSocketTable(text, 'tcp', 6)[0]!.address).toBe(0x20010db8000000000000000000000001n);
  });
  it('show which socket is in the way', () => {
    const any6 = { family: 6 as const, address: 0n, port: 80, inode: '1' };
    const one4 = { family: 4 as const, address: 5n, port: 80, inode: '1' };
    expect(clashes(any6, 4, 5n, 80)).toBe(true);
    expect(clashes(one4, 4, 0n, 80)).toBe(true);
    expect(clashes(one4, 4, 6n, 80)).toBe(false);
    expect(clashes(one4, 6, 0n, 80)).toBe(false);
    expect(clashes(one4, 4, 5n, 81)).toBe(false);
  });
});

describe('a process that has a port', () => {
  it.each([
    ['node-MainThread', '/usr/bin/node', 'node'],
    ['MainThread', '/opt/node-24/bin/node', 'node'],
    ['node', '/usr/bin/node (deleted)', 'node'],
    ['nginx', '/usr/sbin/nginx', 'nginx'],
    ['my-server', '/usr/bin/python3.11', 'my-server'],
  ])('of which the main thread is %s and the program %s is called %s', (name, exe, called) => {
    const proc = mkdtempSync(join(tmpdir(), 'tcompose-proc-'));
    try {
      mkdirSync(join(proc, 'net'));
      mkdirSync(join(proc, '7/fd'), { recursive: true });
      writeFileSync(
        join(proc, 'net/tcp'),
        'head\n   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 11 1 0 100 0 0 10 0\n',
      );
      writeFileSync(join(proc, '7/comm'), `${name}\n`);
      symlinkSync('socket:[11]', join(proc, '7/fd/3'));
      symlinkSync(exe, join(proc, '7/exe'));
      const found = findPortHolder('tcp', { family: 4, value: 0x7f000001n }, 8080, proc);
      expect(found).toEqual({ pid: 7, command: called, isSelf: false });
    } finally {
      rmSync(proc, { recursive: true });
    }
  });
});

describe('ports of containers that are to be started together', () => {
  const messages = (demands: Parameters<typeof findPortConflicts>[0], of: PortWorld) =>
    findPortConflicts(demands, of).map(({ containerName, error }) => `${containerName}: ${error.message}`);

  it('are all named that cannot be had, and those that can are not', () => {
    const busy = world({
      probe: ({ hostPort }) => (hostPort === 8080 || hostPort === 8082 ? EADDRINUSE : 0),
      holder: () => ({ pid: 42, command: 'nginx' }),
    });
    const demands = [8080, 8081, 8082].map((hostPort) => ({
      containerName: `c${hostPort}`,
      ports: [request({ hostPort, hostIp: '127.0.0.1' })],
    }));
    expect(messages(demands, busy)).toEqual([
      'c8080: port 127.0.0.1:8080/tcp is already in use: nginx (pid 42) has it',
      'c8082: port 127.0.0.1:8082/tcp is already in use: nginx (pid 42) has it',
    ]);
  });
  it('are not promised twice', () => {
    const demands = ['a', 'b'].map((containerName) => ({ containerName, ports: [request()] }));
    expect(messages(demands, world())).toEqual(['b: container a also publishes port 0.0.0.0:8080/tcp']);
  });
  it('come from a range as long as it lasts', () => {
    const demands = ['a', 'b', 'c'].map((containerName) => ({
      containerName,
      ports: [request({ hostPort: 9000, hostPortEnd: 9001, hostIp: '127.0.0.1' })],
    }));
    expect(messages(demands, world())).toEqual(['c: no free tcp port in 9000-9001 for container port 80']);
  });
});

it('an index of ports gives up what is removed, and only that', () => {
  const index = createPortIndex<string>();
  const at = (hostIp: string): PortBinding => ({ protocol: 'tcp', containerPort: 80, hostIp, hostPort: 80 });
  const [one, other] = [at('127.0.0.1'), at('127.0.0.2')];
  index.add(one, 'one');
  index.add(other, 'other');
  expect(index.clashing(at('0.0.0.0'))).toEqual(['one', 'other']);
  expect(index.clashing(at('127.0.0.1'))).toEqual(['one']);
  expect(index.clashing(at('::'))).toEqual([]);
  index.remove(one);
  expect(index.clashing(at('0.0.0.0'))).toEqual(['other']);
});
