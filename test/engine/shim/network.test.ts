import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { afterAll, describe, expect, it } from 'vitest';
import type { NetworkOp } from '../../../src/runtime/launch/launch-plan.ts';
import { encodeNetworkOps } from '../../../src/runtime/launch/plan-codec.ts';
import { freePort } from '../../support/cli.ts';
import { enterOwnNetwork } from '../../support/own-network.ts';
import {
  makeSandbox,
  outputOf,
  runToEnd,
  shimBinary,
  spawnShim,
  untilState,
  whyNoContainers,
} from '../../support/shim.ts';

const reason = whyNoContainers();
if (reason !== undefined) console.log(`skipped: ${reason}`);

const RTM = { NEWLINK: 16, NEWADDR: 20 };

/** A netlink message: header, then `body`. */
function message(type: number, flags: number, body: Buffer): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32LE(16 + body.length, 0);
  header.writeUInt16LE(type, 4);
  header.writeUInt16LE(flags, 6);
  return Buffer.concat([header, body]);
}

/** rtnetlink: brings the loopback link (index 1) up. */
function loopbackUp(): NetworkOp {
  const link = Buffer.alloc(16); // struct ifinfomsg
  link.writeInt32LE(1, 4);
  link.writeUInt32LE(1, 8);
  link.writeUInt32LE(1, 12);
  return {
    op: 'netlink',
    protocol: 0,
    from: 'container',
    message: message(RTM.NEWLINK, 0, link),
    what: 'lo up',
  };
}

/** rtnetlink: an address on a link that does not exist. */
function addressNowhere(): NetworkOp {
  const address = Buffer.alloc(8 + 8); // struct ifaddrmsg, IFA_LOCAL
  address.set([2, 24, 0, 0]);
  address.writeUInt32LE(99, 4);
  address.writeUInt16LE(8, 8);
  address.writeUInt16LE(2, 10);
  address.set([10, 9, 8, 7], 12);
  return {
    op: 'netlink',
    protocol: 0,
    from: 'container',
    message: message(RTM.NEWADDR, 0x600, address),
    what: 'address 10.9.8.7',
  };
}

const dns = (protocol: 'tcp' | 'udp'): NetworkOp => ({
  op: 'hold-socket',
  name: `dns-${protocol}`,
  family: 4,
  protocol,
  address: '127.0.0.11',
  port: 53,
  backlog: 16,
});

describe.skipIf(reason !== undefined)('network ops', () => {
  enterOwnNetwork();
  const box = makeSandbox();
  afterAll(() => box.close());

  it('are carried out in the container and leave the shim in the host', async () => {
    const plan = box.plan(
      'net',
      [
        'sh',
        '-c',
        'cat /proc/net/udp /proc/net/tcp; cat /proc/sys/net/ipv4/ip_unprivileged_port_start; sleep 100',
      ],
      {
        network: [
          loopbackUp(),
          { op: 'write', path: '/proc/sys/net/ipv4/ip_unprivileged_port_start', data: '77', optional: false },
          dns('udp'),
          dns('tcp'),
        ],
      },
    );
    const shim = await spawnShim(plan);
    const { pid } = await untilState(shim, 'started');
    expect([...(await shim.sockets()).keys()].sort()).toEqual(['dns-tcp', 'dns-udp']);
    const own = readlinkSync('/proc/self/ns/net');
    expect(readlinkSync(`/proc/${shim.shimPid}/ns/net`)).toBe(own);
    expect(readlinkSync(`/proc/${pid}/ns/net`)).not.toBe(own);
    const fd = (await shim.sockets()).get('dns-udp')!;
    expect(readlinkSync(`/proc/${shim.shimPid}/fd/${fd}`)).toMatch(/^socket:/);

    await shim.network(encodeNetworkOps([{ ...dns('udp'), name: 'late', port: 5353 } as NetworkOp]));
    expect((await shim.sockets()).has('late')).toBe(true);
    await shim.releaseSocket('late');
    expect((await shim.sockets()).has('late')).toBe(false);
    await expect(shim.network(encodeNetworkOps([loopbackUp(), addressNowhere()]))).rejects.toMatchObject({
      code: 'RUNTIME_SHIM',
      cause: { errno: 19, step: 1 },
    });
    expect(readlinkSync(`/proc/${shim.shimPid}/ns/net`)).toBe(own);

    await expect.poll(() => readFileSync(plan.log!.path, 'utf8'), { timeout: 90_000 }).toContain(' F 77\n');
    await shim.signal(9);
    await untilState(shim, 'exited');
    await shim.reap();
    const log = readFileSync(plan.log!.path, 'utf8');
    expect(log.match(/0B00007F:0035/g)?.length).toBe(2);
  });

  it('tell which message the kernel refused', async () => {
    const end = await runToEnd(box.plan('refused', ['true'], { network: [loopbackUp(), addressNowhere()] }));
    expect(end).toMatchObject({ type: 'failed', phase: 'network', step: 1, op: 'netlink', errno: 19 });
    expect(end.type === 'failed' && end.detail).toContain('address 10.9.8.7');
  });

  it('hold ports of the host until the container has exited', async () => {
    const port = await freePort();
    const host = [
      { op: 'hold-socket', name: 'port', family: 4, protocol: 'tcp', address: '127.0.0.1', port, backlog: 8 },
    ] as const;
    const shim = await spawnShim(box.plan('port', ['sleep', '100'], { host }));
    await untilState(shim, 'started');
    expect(await runToEnd(box.plan('port2', ['true'], { host }))).toMatchObject({
      type: 'failed',
      phase: 'host',
      step: 0,
      op: 'hold-socket',
      errno: 98,
    });
    await shim.signal(9);
    await untilState(shim, 'exited');
    expect(await runToEnd(box.plan('port3', ['true'], { host }))).toMatchObject({ type: 'exited', code: 0 });
    await shim.reap();
  });

  it('join the network of another container', async () => {
    const shim = await spawnShim(
      box.plan('owner', ['sleep', '100'], {
        network: [
          { op: 'write', path: '/proc/sys/net/ipv4/ip_unprivileged_port_start', data: '99', optional: false },
        ],
      }),
    );
    const { pid } = await untilState(shim, 'started');
    const plan = box.plan('guest', ['cat', '/proc/sys/net/ipv4/ip_unprivileged_port_start']);
    const text = await outputOf({
      ...plan,
      namespaces: {
        ...plan.namespaces,
        net: { path: `/proc/${pid}/ns/net` },
        pid: { path: `/proc/${pid}/ns/pid` },
      },
    });
    expect(text).toBe('99\n');
    await shim.signal(9);
    await untilState(shim, 'exited');
    await shim.reap();
  });
});

const noUserNamespaces = spawnSync('unshare', ['-Urnm', 'true']).status !== 0;
if (noUserNamespaces) console.log('skipped in part: user namespaces cannot be made here');

describe.skipIf(reason !== undefined || noUserNamespaces)('inside a user namespace', () => {
  it('a container runs, with device nodes bound from the host', () => {
    const script = new URL('./in-user-namespace.ts', import.meta.url).pathname;
    const bundle = join(tmpdir(), `tcompose-userns-${process.pid}.mjs`);
    buildSync({ entryPoints: [script], bundle: true, platform: 'node', format: 'esm', outfile: bundle });
    try {
      for (const more of [[], ['nested']]) {
        const out = execFileSync('unshare', ['-Urnm', process.execPath, bundle, ...more], {
          encoding: 'utf8',
          env: { ...process.env, TCOMPOSE_TEST_SHIM: shimBinary },
        });
        expect(JSON.parse(out)).toEqual({ type: 'exited', code: 0, output: 'uid 0\nnull ok\nbox\n' });
      }
    } finally {
      execFileSync('rm', ['-f', bundle]);
    }
  });
});
