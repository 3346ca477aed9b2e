import { execFileSync, spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requirements } from '../support/cli.ts';
import { until } from '../support/engine.ts';
import { type Workbench, workbench } from '../support/project-dir.ts';

const unmet = requirements({ containers: true, built: true, commands: ['ip', 'nft', 'curl'] });

const isRoot = process.getuid?.() === 0;

describe.skipIf(unmet !== undefined)(`what containers refer to${unmet ? ` (skipped: ${unmet})` : ''}`, () => {
  let bench: Workbench;
  const ok = (...args: string[]) => {
    const done = bench.run(...args);
    expect(`${args.join(' ')}: ${done.status}\n${done.stderr}`).toContain(`${args.join(' ')}: 0\n`);
    return done.stdout + done.stderr;
  };
  const states = () => ok('ps', '-a', '--format', '{{.Name}} {{.State}}').trim().split('\n').sort();
  const idOf = (name: string) => ok('container', 'inspect', '--format', '{{.Id}}', name).trim();

  beforeAll(() => {
    bench = workbench();
    bench.write(
      'compose.yaml',
      `
name: heal
x-box: &box {image: tcompose/host, init: true, command: sleep 1000}
services:
  y: {<<: *box, networks: {default: {aliases: [yalias]}}}
  net: {<<: *box, network_mode: "service:y", labels: {v: "\${V:-1}"}}
  pid: {<<: *box, pid: "service:y", volumes_from: [y], labels: {v: "\${V:-1}"}}
  side: {<<: *box, networks: [back], configs: [{source: c, target: /c}]}
networks: {back: {}}
configs: {c: {content: "v=\${C:-1}"}}
`,
    );
    bench.write(
      'addresses.yaml',
      `
name: addresses
x-box: &box {image: tcompose/host, init: true, command: sleep 1000}
services:
  dyn: {<<: *box, networks: {default: {}, alpha: {}}}
  stat: {<<: *box, depends_on: [dyn], networks: {default: {ipv4_address: 10.231.65.2, ipv6_address: "fd10:231:65::2"}}}
networks:
  alpha: {}
  default:
    enable_ipv6: true
    ipam: {config: [{subnet: 10.231.65.0/24}, {subnet: "fd10:231:65::/64"}]}
`,
    );
  });
  afterAll(() => bench.close('heal', 'addresses', 'broken'));

  it('up makes containers anew whose network is gone, also stopped ones', () => {
    ok('up', '-d');
    ok('stop', '-t', '1');
    ok('network', 'rm', 'heal_back');
    const before = idOf('heal-y-1');
    expect(ok('--dry-run', 'up', '-d')).toContain(
      'it was attached to a network heal_back that no longer exists',
    );
    ok('up', '-d');
    expect(states()).toEqual([
      'heal-net-1 running',
      'heal-pid-1 running',
      'heal-side-1 running',
      'heal-y-1 running',
    ]);
    expect(idOf('heal-y-1')).toBe(before);
  });

  it('--no-deps joins the containers that other services have; up follows when those are others', () => {
    bench.env.V = '2';
    ok('up', '-d', '-t', '1', '--no-deps', 'net', 'pid');
    const y = idOf('heal-y-1');
    expect(ok('container', 'inspect', '--format', '{{.HostConfig.PidMode}}', 'heal-pid-1').trim()).toBe(
      `container:${y}`,
    );
    ok('up', '-d', '-t', '1', '--no-deps', '--force-recreate', 'y');
    const plan = ok('--dry-run', 'up', '-d');
    expect(plan).toContain('it shares the network of a container that service y no longer has');
    expect(plan).toContain('it shares the pid namespace of a container that service y no longer has');
    ok('up', '-d', '-t', '1');
    expect(ok('--dry-run', 'up', '-d').trim()).toBe('nothing to do');
    ok('rm', '-fs', 'y');
    const alone = bench.run('up', '-d', '-t', '1', '--no-deps', '--force-recreate', 'net');
    expect(alone.stderr).toContain(
      'error: cannot share network namespace with service y: container missing\n',
    );
    expect(alone.status).toBe(1);
    ok('up', '-d', '-t', '1');
  });

  it('up makes a container anew whose inline config changed', () => {
    bench.env.C = '2';
    ok('up', '-d', '-t', '1');
    expect(ok('exec', '-T', 'side', 'cat', '/c')).toBe('v=2');
  });

  describe('broken by another program', () => {
    const compose = (...args: string[]) => ok('-f', 'broken.yaml', ...args);
    /** A program that works on the network of bridges and firewall tables: a user's is in a namespace of his own. */
    const other = (program: string, ...args: string[]): string => {
      if (isRoot) return execFileSync(program, args, { encoding: 'utf8' });
      const network = `--net=${join(bench.env.TCOMPOSE_ROOT!, 'run/netns')}`;
      return ok('engine', 'unshare', 'nsenter', network, program, ...args);
    };
    const answers = (seconds = 90) =>
      spawnSync('curl', ['-s', '--max-time', `${seconds}`, 'http://127.0.0.1:28437/'], { encoding: 'utf8' })
        .stdout;
    beforeAll(() => {
      bench.write(
        'broken.yaml',
        `
name: broken
services:
  web:
    image: tcompose/host
    init: true
    stop_grace_period: 0s
    command: [node, -e, "require('http').createServer((_, answer) => answer.end('here')).listen(80)"]
    ports: ["127.0.0.1:28437:80"]
    volumes: ["data:/data"]
  peer: {image: tcompose/host, init: true, command: sleep 1000, stop_grace_period: 0s}
volumes: {data: {}}
`,
      );
      compose('up', '-d', '--wait');
    });
    afterAll(() => compose('down', '-v', '-t', '0'));

    it('are put right by an up that finds nothing to do: a bridge', async () => {
      await until(() => answers() === 'here', 'the service to listen');
      const [network] = JSON.parse(ok('network', 'inspect', 'broken_default'));
      const gateway: string = network.IPAM.Config[0].Gateway;
      const addresses = other('ip', '-o', '-4', 'address').split('\n');
      const [, bridge = ''] = addresses.find((line) => line.includes(` ${gateway}/`))!.split(/\s+/);
      other('ip', 'link', 'delete', bridge);
      expect(answers(5)).toBe('');
      const before = idOf('broken-web-1');
      compose('up', '-d');
      expect(answers()).toBe('here');
      expect(compose('exec', '-T', 'peer', 'sh', '-c', 'curl -s http://web/')).toBe('here');
      expect(idOf('broken-web-1')).toBe(before);
    });

    it('are put right by themselves: a firewall table that was emptied', async () => {
      const [, table = ''] = /^table inet (tcompose_\w+)$/m.exec(other('nft', 'list', 'tables')) ?? [];
      other('nft', 'flush', 'table', 'inet', table);
      const rules = () => other('nft', 'list', 'table', 'inet', table);
      await until(() => /masquerade/.test(rules()), 'the rules to be back');
      expect(answers()).toBe('here');
    });

    it('are recreated by up: the data of a volume', () => {
      compose('exec', '-T', 'web', 'touch', '/data/lost');
      rmSync(join(bench.env.TCOMPOSE_ROOT!, 'lib/volumes/broken_data'), { recursive: true });
      const peer = idOf('broken-peer-1');
      expect(compose('--dry-run', 'up', '-d')).toContain(
        'the volume broken_data that it uses no longer exists',
      );
      compose('up', '-d');
      expect(compose('exec', '-T', 'web', 'sh', '-c', 'touch /data/new; ls /data')).toBe('new\n');
      expect(idOf('broken-peer-1')).toBe(peer);
      expect(compose('--dry-run', 'up', '-d').trim()).toBe('nothing to do');
    });
  });

  it("run takes its service's names only when told to", () => {
    const aliases = (...args: string[]) => {
      ok('run', '-d', '--name', 'heal-one', ...args, 'y', 'sleep', '1000');
      const networks = ok(
        'container',
        'inspect',
        '--format',
        '{{json .NetworkSettings.Networks}}',
        'heal-one',
      );
      ok('container', 'rm', '-f', 'heal-one');
      return JSON.parse(networks).heal_default.Aliases as readonly string[];
    };
    expect(aliases()).not.toContain('yalias');
    expect(aliases('--use-aliases')).toEqual(expect.arrayContaining(['y', 'yalias']));
    ok('down', '-t', '1');
  });

  it('a container that asks for an address gets it, whoever starts first; each family has a way out', () => {
    ok('-f', 'addresses.yaml', 'up', '-d');
    const inspect = (name: string) =>
      JSON.parse(ok('container', 'inspect', '--format', '{{json .NetworkSettings.Networks}}', name));
    const { addresses_default: stat } = inspect('addresses-stat-1');
    expect([stat.IPAddress, stat.GlobalIPv6Address]).toEqual(['10.231.65.2', 'fd10:231:65::2']);
    // Its first network has IPv4 only.
    const routes = ok('-f', 'addresses.yaml', 'exec', '-T', 'dyn', 'cat', '/proc/net/ipv6_route');
    expect(routes).toMatch(/^0{32} 00 0{32} 00 fd10023100650000000000000000000[0-9a-f] /m);
    ok('-f', 'addresses.yaml', 'down', '-t', '1');
  });
});
