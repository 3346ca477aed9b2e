import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BundleRoom, makeBundleRoom } from '../../support/bundle.ts';
import { whyNoContainers } from '../../support/shim.ts';

const cli = new URL('../../../dist/tcompose.cjs', import.meta.url).pathname;
const reason = existsSync(cli) ? whyNoContainers() : `${cli} is not built (npm run build)`;
if (reason !== undefined) console.log(`skipped: ${reason}`);

interface Config {
  hostname?: string;
  domainname?: string;
  linux: {
    namespaces: { type: string; path?: string }[];
    sysctl?: Record<string, string>;
    [name: string]: unknown;
  };
}

/** What a machine shows of its namespaces' settings. */
const settings = [
  '/proc/sys/kernel/hostname',
  '/proc/sys/kernel/domainname',
  '/proc/sys/kernel/msgmax',
  '/proc/sys/fs/mqueue/msg_max',
  '/proc/sys/net/ipv4/ip_forward',
  '/proc/sys/net/ipv4/conf/all/rp_filter',
];

/**
 * The attacks are run on a machine of their own: in namespaces made for this test, so that one that succeeds is seen and harms
 * nobody.
 */
describe.skipIf(reason !== undefined)('settings of namespaces that a bundle does not ask for', () => {
  let room: BundleRoom;
  let machine: number;
  let end: () => void;
  beforeAll(async () => {
    room = makeBundleRoom();
    const { spawn } = await import('node:child_process');
    const child = spawn('unshare', ['--uts', '--ipc', '--net', 'sh', '-c', 'echo up; exec sleep infinity'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    machine = child.pid!;
    end = () => child.kill('SIGKILL');
  });
  afterAll(() => {
    end();
    room.close();
  });

  const inMachine = (command: readonly string[]) =>
    spawnSync('nsenter', ['-t', String(machine), '-u', '-i', '-n', ...command], {
      encoding: 'utf8',
      env: { ...process.env, TCOMPOSE_ROOT: room.dir },
    });
  const shown = () => execFileSync('nsenter', ['-t', String(machine), '-u', '-i', '-n', 'cat', ...settings]);

  let count = 0;
  function attack(change: (config: Config) => void) {
    const bundle = room.bundle(['true']);
    const path = join(bundle, 'config.json');
    const config = JSON.parse(readFileSync(path, 'utf8')) as Config;
    config.linux.sysctl = {};
    delete config.hostname;
    change(config);
    writeFileSync(path, JSON.stringify(config));
    return inMachine([process.execPath, cli, 'oci', 'run', '--bundle', bundle, `attack${count++}`]);
  }

  const without = (config: Config, type: string): void => {
    config.linux.namespaces = config.linux.namespaces.filter((one) => one.type !== type);
  };
  const joined = (config: Config, type: string, name: string): void => {
    without(config, type);
    config.linux.namespaces.push({ type, path: `/proc/${machine}/ns/${name}` });
  };

  it.each<[string, (config: Config) => void]>([
    [
      'a host name',
      (config) => {
        without(config, 'uts');
        config.hostname = 'conquered';
      },
    ],
    [
      'a domain name',
      (config) => {
        without(config, 'uts');
        config.domainname = 'conquered';
      },
    ],
    [
      'a host name, with the machine’s namespace by path',
      (config) => {
        joined(config, 'uts', 'uts');
        config.hostname = 'conquered';
      },
    ],
    [
      'a domain name as a sysctl',
      (config) => {
        without(config, 'uts');
        config.linux.sysctl = { 'kernel.domainname': 'conquered' };
      },
    ],
    [
      'a network setting',
      (config) => {
        without(config, 'network');
        config.linux.sysctl = { 'net.ipv4.conf.all.rp_filter': '2' };
      },
    ],
    [
      'a network setting, with the machine’s namespace by path',
      (config) => {
        joined(config, 'network', 'net');
        config.linux.sysctl = { 'net/ipv4/conf/all/rp_filter': '2' };
      },
    ],
    [
      'a limit of message queues',
      (config) => {
        without(config, 'ipc');
        config.linux.sysctl = { 'kernel.msgmax': '4096' };
      },
    ],
    [
      'a limit of POSIX queues, with the machine’s namespace by path',
      (config) => {
        joined(config, 'ipc', 'ipc');
        config.linux.sysctl = { 'fs.mqueue.msg_max': '11' };
      },
    ],
  ])('%s never reaches the machine', (_what, change) => {
    const before = shown();
    const { status, stderr } = attack(change);
    expect(stderr).toMatch(/namespace/);
    expect(status).not.toBe(0);
    expect(shown().toString()).toBe(before.toString());
  });

  it('mounts nothing in the machine’s mount namespace', () => {
    const mounted = () =>
      readFileSync('/proc/self/mountinfo', 'utf8')
        .split('\n')
        .filter((line) => line.includes(room.dir));
    const lacking = attack((config) => without(config, 'mount'));
    const byPath = attack((config) => joined(config, 'mount', 'mnt'));
    for (const { status, stderr } of [lacking, byPath]) {
      expect(stderr).toMatch(/has no mount namespace/);
      expect(status).not.toBe(0);
    }
    expect(mounted()).toEqual([]);
  });
});
