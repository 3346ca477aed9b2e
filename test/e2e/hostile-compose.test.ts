import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { staticBusybox } from '../support/busybox.ts';
import { type Canary, makeCanary } from '../support/canary.ts';
import { requirements } from '../support/cli.ts';
import { lasting, leftovers, mountLines } from '../support/leaks.ts';
import { type Workbench, workbench } from '../support/project-dir.ts';

const busybox = staticBusybox();
const unmet =
  requirements({ containers: true, built: true }) ??
  (busybox === undefined ? 'needs a static busybox (busybox-static)' : undefined);

/** Retitles the window, clears the screen, asks the terminal something, and begins a line of its own; as YAML writes it. */
const evil = '\\e]0;owned\\a\\e[2J\\e[6n\\x9b31m\\u202e';

const service = (more: string, top = ''): string => {
  const network = /networks:|dns|extra_hosts|network_mode/.test(more) ? '' : 'network_mode: none, ';
  return `name: evil\nservices:\n  web: {image: tcompose/host, command: ["true"], ${network}${more}}\n${top}`;
};

describe.skipIf(unmet !== undefined)(
  `a compose file that tries everything${unmet ? ` (skipped: ${unmet})` : ''}`,
  () => {
    let bench: Workbench;
    let canary: Canary;
    let before: string[];
    let mounts: ReadonlySet<string>;

    /** Runs the CLI: it must end, with sense, and without acting on the terminal or showing a word of the canary. */
    const attack = (...args: string[]) => {
      const { status, signal, stdout, stderr } = bench.run(...args);
      const said = `${args.join(' ')}: ${stdout}${stderr}`;
      expect(signal, `${said} ended in time`).toBe(null);
      expect(said).not.toMatch(/This is a bug|unexpected:|ENGINE_INTERNAL/);
      expect(stderr).not.toMatch(/[\0-\x08\x0b-\x1f\x7f-\x9f\u202e]/);
      expect(said).not.toContain(canary.secret);
      return { status, stdout, stderr };
    };

    beforeAll(() => {
      mounts = mountLines();
      bench = workbench();
      canary = makeCanary(join(bench.dir, 'canary'), busybox!);
      before = canary.fingerprint();
      bench.write('huge', '');
      truncateSync(join(bench.dir, 'huge'), 30 * 1024 ** 3);
      bench.write('text', 'inside');
      mkdirSync(join(bench.dir, 'sub'));
      symlinkSync('..', join(bench.dir, 'sub/up'));
      symlinkSync('loop', join(bench.dir, 'loop'));
    });
    afterAll(() => bench?.close('evil'));

    const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
    const bomb = ['x-0: &v0 [a, a, a, a, a, a, a, a, a]']
      .concat(
        [1, 2, 3, 4, 5, 6, 7, 8].map(
          (at) =>
            `x-${at}: &v${at} [${Array(9)
              .fill(`*v${at - 1}`)
              .join(', ')}]`,
        ),
      )
      .join('\n');

    it.each<[string, string, RegExp]>([
      ['an endless env_file', service('env_file: /dev/zero'), /is a device/],
      ['an env_file of 30 GiB', service('env_file: ./huge'), /larger than 64 MiB/],
      ['an env_file in a circle of links', service('env_file: ./loop'), /not found/],
      ['an endless label_file', service('label_file: /dev/zero'), /is a device/],
      ['an endless include', service('', 'include: [/dev/zero]\n'), /is a device/],
      ['an include of a directory', service('', 'include: [/etc]\n'), /directory/],
      [
        'an include of itself through links',
        service('', 'include: [./sub/up/sub/up/compose.yaml]\n'),
        /no such file/,
      ],
      ['an extends of itself', service('extends: {file: ./compose.yaml, service: web}'), /circle|cycle/],
      ['an endless extends', service('extends: {file: /dev/zero, service: web}'), /is a device/],
      ['aliases that grow', `${bomb}\n${service('')}`, /aliases blow/],
      ['an alias of itself', `x-a: &a [*a]\n${service('')}`, /cycle/],
      ['nesting without end', `x-a: ${nested(100_000)}\n${service('')}`, /nesting/],
      [
        'variables without end',
        service(`hostname: "${'${A:-'.repeat(20_000)}x${'}'.repeat(20_000)}"`),
        /interpolation|invalid/i,
      ],
      ['a key of control characters', service(`"${evil}": 1`), /unknown attribute/],
      ['a service of control characters', `services: {"${evil}": {image: x}}`, /invalid name/],
      ['a name that is a path', service('container_name: ../../x'), /container_name/],
      ['an impossible number of containers', service('scale: 1000000000'), /room for 10000 at most/],
      [
        'an image of control characters',
        service('').replace('tcompose/host', `"${evil}"`),
        /invalid reference format/,
      ],
    ])('is read within bounds: %s', (_, text, message) => {
      bench.write('compose.yaml', text);
      const { status, stderr } = attack('up', '-d');
      expect(stderr).toMatch(message);
      expect(status).not.toBe(0);
    });

    it.each<[string, string, string]>([
      ['a control group above', 'cgroup_parent: ../../../x', ''],
      ['a kernel setting of the machine', 'sysctls: {kernel.core_pattern: "|/bin/false"}', ''],
      ['a kernel setting by a path', 'sysctls: {"net.ipv4/../../kernel/core_pattern": x}', ''],
      ['a kernel setting by slashes', 'sysctls: {"kernel/core_pattern": x}', ''],
      ['a kernel setting of a shared namespace', 'ipc: host, sysctls: {kernel.shmmax: "1"}', ''],
      ['a device rule of two lines', 'device_cgroup_rules: ["a *:* rwm\\nx"]', ''],
      ['a device that is a file', 'devices: ["/etc/passwd:/dev/x"]', ''],
      ['a bind over /proc', 'volumes: ["CANARY:/proc"]', ''],
      ['a bind over a part of /proc', 'volumes: ["CANARY:/proc/sys"]', ''],
      ['a bind over the root', 'volumes: ["CANARY:/tmp/.."]', ''],
      [
        'a secret that climbs',
        'secrets: [{source: s, target: ../../../CANARY/made}]',
        'secrets: {s: {environment: HOME}}',
      ],
      [
        'a config that climbs',
        'configs: [{source: c, target: /tmp/../../CANARY/made}]',
        'configs: {c: {content: x}}',
      ],
      [
        'an endless config',
        'configs: [{source: c, target: /x, uid: "1"}]',
        'configs: {c: {file: /dev/zero}}',
      ],
      ['a volume that is a path', 'volumes: ["vol:/x"]', 'volumes: {vol: {name: ../../x}}'],
      [
        'a volume with a name of 300 letters',
        'volumes: ["vol:/x"]',
        `volumes: {vol: {name: ${'v'.repeat(300)}}}`,
      ],
      [
        'a volume of a kernel file system',
        'volumes: ["vol:/x"]',
        'volumes: {vol: {driver_opts: {type: proc, device: proc}}}',
      ],
      [
        'a sub-path that climbs',
        'volumes: [{type: volume, source: vol, target: /x, volume: {subpath: ../..}}]',
        'volumes: {vol: {}}',
      ],
      [
        'a bridge that is a path',
        'networks: [n]',
        'networks: {n: {driver_opts: {com.docker.network.bridge.name: ../../x}}}',
      ],
      [
        'a bridge named as one of the machine',
        'networks: [n]',
        'networks: {n: {driver_opts: {com.docker.network.bridge.name: lo}}}',
      ],
      ['a host name of two lines', 'hostname: "a\\n6.6.6.6 evil"', ''],
      ['a domain name of two lines', 'domainname: "a\\n6.6.6.6 evil"', ''],
      ['a host of two lines', 'extra_hosts: ["a\\n6.6.6.6 evil:1.2.3.4"]', ''],
      ['a search domain of two lines', 'dns_search: ["a\\nnameserver 6.6.6.6"]', ''],
      ['a resolver option of two lines', 'dns_opt: ["a\\nnameserver 6.6.6.6"]', ''],
      ['a name server that is none', 'dns: ["1.2.3.4\\nnameserver 6.6.6.6"]', ''],
      ['a user that is a number too large', 'user: "4294967296"', ''],
      ['a user of control characters', `user: "${evil}"`, ''],
      ['a command of control characters', `entrypoint: ["/bin/${evil}"]`, ''],
      ['a seccomp profile that is a device', 'security_opt: ["seccomp=/dev/zero"]', ''],
      ['a namespace of nobody', 'pid: "container:../../x"', ''],
      ['a runtime that is a path', 'runtime: ../../bin/sh', ''],
      [
        'a log driver that writes where it likes',
        'logging: {driver: json-file, options: {path: CANARY/made}}',
        '',
      ],
    ])('is refused by name: %s', (_, more, top) => {
      bench.write('compose.yaml', service(more, top).replaceAll('CANARY', canary.path));
      const { status, stdout, stderr } = attack('up');
      if (stderr.includes('Creat')) attack('down', '-v', '-t', '0');
      expect({ status, stdout, stderr }).toMatchObject({
        status: expect.any(Number),
        stderr: expect.stringMatching(/^(.*\n)*error: |warning: /),
      });
      if (!/warning: /.test(stderr)) expect(status).not.toBe(0);
    });

    it('comes up with hostile text everywhere, which stays text', () => {
      bench.write(
        'compose.yaml',
        `name: evil
services:
  web:
    image: tcompose/host
    command: ["sh", "-c", "sleep 300", "${evil}"]
    environment: {TEXT: "${evil}\\nA=B"}
    labels: {"${evil}": "${evil}", com.docker.compose.service: other}
    annotations: {run.oci.handler: krun, io.podman.annotations.privileged: "TRUE"}
    healthcheck: {test: "printf '\\\\033]0;owned\\\\007'; exit 1", interval: 1s, retries: 1}
    volumes: ["vol:/a", {type: volume, source: vol, target: "/b\\u0085c"}]
    networks: {net: {aliases: ["a.b", "${'x'.repeat(63)}"]}}
    stop_grace_period: 0s
volumes: {vol: {labels: {"${evil}": "${evil}"}}}
networks: {net: {name: "evil/../${'n'.repeat(200)}", labels: {"${evil}": "${evil}"}}}
`,
      );
      expect(attack('up', '-d').status).toBe(0);
      const text = attack('exec', 'web', 'printenv', 'TEXT').stdout;
      expect(text).toContain('\x1b]0;owned\x07');
      for (const args of [
        ['up', '-d', '--wait'],
        ['up', '--dry-run'],
        ['ps', '-a'],
        ['top'],
        ['volumes'],
        ['ls', '-a'],
        ['network', 'ls'],
      ])
        expect(attack(...args).stdout).not.toMatch(/[\0-\x08\x0b-\x1f\x7f-\x9f\u202e]/);
      expect(attack('ps', '-q', 'web').stdout).toMatch(/^[0-9a-f]{64}\n$/);
      expect(attack('down', '-v', '-t', '0').status).toBe(0);
    });

    it('changed nothing on the host and left nothing there', async () => {
      writeFileSync(join(bench.dir, 'compose.yaml'), service(''));
      expect(bench.run('ps', '-aq').stdout).toBe('');
      bench.run('engine', 'stop', '--force');
      expect(canary.fingerprint()).toEqual(before);
      expect(await lasting(() => leftovers(bench.env.TCOMPOSE_ROOT!, mounts))).toEqual([]);
    });
  },
);
