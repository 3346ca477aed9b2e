import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, requirements } from '../support/cli.ts';
import { enterOwnNetwork } from '../support/own-network.ts';
import { type Workbench, workbench } from '../support/project-dir.ts';
import {
  answerOf,
  makeUser,
  processesOf,
  rootlessUnmet,
  statusField,
  type TestUser,
} from '../support/rootless.ts';

const unmet = rootlessUnmet() ?? requirements({ commands: ['cc'] });

const server = `require('http').createServer((q, r) => r.end(process.env.WHOSE)).listen(80, '::')`;

const project = (whose: string, port: number) => `
name: same
services:
  web:
    image: tcompose/host
    init: true
    command: ["node", "-e", ${JSON.stringify(server)}]
    environment: { WHOSE: ${whose} }
    ports: ["${port}:80"]
    volumes: ["data:/data"]
    networks: { inner: { ipv4_address: 10.77.3.9 } }
networks:
  inner: { ipam: { config: [{ subnet: 10.77.3.0/24 }] } }
volumes:
  data: {}
`;

describe.skipIf(unmet !== undefined)(
  `two users and root, with the same project${unmet ? ` (skipped: ${unmet})` : ''}`,
  () => {
    let ann: TestUser;
    let bob: TestUser;
    let root: Workbench;
    const ports = { ann: 0, bob: 0, root: 0 };
    beforeAll(async () => {
      enterOwnNetwork();
      root = workbench();
      for (const name of ['ann', 'bob', 'root'] as const) ports[name] = await freePort();
      ann = makeUser();
      bob = makeUser();
      ann.write('compose.yaml', project('ann', ports.ann));
      bob.write('compose.yaml', project('bob', ports.bob));
      root.write('compose.yaml', project('root', ports.root));
    });
    afterAll(() => {
      for (const user of [ann, bob]) user?.remove();
      root?.close('same');
    });

    it('has each his own, on the same subnet and address', async () => {
      for (const up of [ann, bob].map((user) => user.tcompose('up', '-d')))
        expect(up.status, up.stderr).toBe(0);
      const up = root.run('up', '-d');
      expect(up.status, up.stderr).toBe(0);
      for (const [name, port] of Object.entries(ports)) {
        expect(await answerOf(port)).toBe(name);
      }
      const [one, other] = [ann, bob].map((user) => user.tcompose('ps', '-q').stdout.trim());
      expect(one).toMatch(/^[0-9a-f]{64}$/);
      expect(other).toMatch(/^[0-9a-f]{64}$/);
      expect(one).not.toBe(other);
    });

    it('lets none of them see another’s sockets or files', () => {
      const socket = join(ann.runtime, 'tcompose/engine.sock');
      expect(statSync(socket).mode & 0o777).toBe(0o600);
      const asked = bob.run(
        'env',
        `DOCKER_HOST=unix://${socket}`,
        process.execPath,
        resolve('dist/tcompose.cjs'),
        'ps',
      );
      expect(asked.status).not.toBe(0);
      expect(bob.run('ls', join(ann.home, '.local/share/tcompose')).status).not.toBe(0);
      expect(bob.run('ls', join(ann.runtime, 'tcompose')).status).not.toBe(0);
      expect(ann.run('ls', join(root.dir, 'root/lib')).status).not.toBe(0);
    });

    it('tells who asks root’s engine by sudo that the project is in his own', () => {
      ann.write('mine.yaml', 'services:\n  one:\n    image: tcompose/host\n    command: "true"\n');
      const mine = (...words: string[]) => ann.tcompose('-f', 'mine.yaml', '-p', 'mine', ...words);
      const created = mine('create');
      expect(created.status, created.stderr).toBe(0);
      const asked = spawnSync(process.execPath, [resolve('dist/tcompose.cjs'), '-p', 'mine', 'ps'], {
        cwd: ann.project,
        env: { ...process.env, ...root.env, SUDO_UID: String(ann.uid), SUDO_USER: ann.name },
        encoding: 'utf8',
      });
      expect(asked.stderr).toContain(`project mine is not in root's engine, but in that of ${ann.name}`);
      expect(mine('down').status).toBe(0);
    });

    it('ends one’s without the others’', async () => {
      expect(ann.tcompose('down', '-v').status).toBe(0);
      expect(await answerOf(ports.bob)).toBe('bob');
      expect(await answerOf(ports.root)).toBe('root');
    });
  },
);

describe.skipIf(unmet !== undefined)(
  `what a user’s container can’t do${unmet ? ` (skipped: ${unmet})` : ''}`,
  () => {
    let user: TestUser;
    beforeAll(() => {
      enterOwnNetwork();
      user = makeUser();
      const probe = join(user.project, 'probe');
      execFileSync('cc', ['-O1', '-static', '-o', probe, resolve('test/engine/security/probe.c')]);
      spawnSync('chmod', ['755', probe]);
    });
    afterAll(() => user?.remove());

    const inContainer = (...words: string[]) => user.tcompose('container', 'run', '--rm', ...words);

    it('holds by default against every attempt', () => {
      const run = inContainer('-v', `${user.project}:/probe:ro`, 'tcompose/host', '/probe/probe');
      expect(run.status, run.stderr).toBe(0);
      const found = new Map(
        run.stdout
          .trim()
          .split('\n')
          .map((line) => line.split(' ') as [string, string]),
      );
      const refused = [
        'clone-newuser',
        'clone-newnet',
        'unshare-user',
        'unshare-mount',
        'setns',
        'mount',
        'umount-mask',
        'open_tree',
        'fsopen',
        'pivot_root',
        'keyctl',
        'bpf',
        'perf',
        'io_uring',
        'userfaultfd',
        'reboot',
        'module',
        'open_by_handle_at',
        'personality-norandom',
        'socket-alg',
        'socket-vsock',
      ];
      for (const name of refused) expect([name, found.get(name)]).toEqual([name, '1']);
      expect([...found.keys()].filter((name) => name === 'open-fd')).toEqual([]);
    });

    it('is no more than its user, even privileged with the machine’s files, processes and network', () => {
      const script = [
        'cat /host/etc/shadow && echo READ-SHADOW',
        'touch /host/etc/tcompose-was-here && echo WROTE-ETC',
        'ls /host/root && echo LISTED-ROOT',
        'kill -0 1 && echo SIGNALLED-1',
        'echo 1 > /proc/sys/kernel/sysrq && echo WROTE-SYSCTL',
        'echo tcompose-was-here > /proc/sys/kernel/hostname && echo WROTE-HOSTNAME',
        'ip link set lo down && echo CHANGED-NETWORK',
        'mknod /tmp/disk b 254 0 && echo MADE-DISK',
        'for disk in /dev/vd? /dev/sd? /dev/nvme?n?; do [ -e $disk ] && head -c 1 $disk && echo READ-DISK; done',
        'head -c 1 /dev/mem && echo READ-MEMORY',
        'mount -t ext4 /dev/vda /mnt && echo MOUNTED-DISK',
        'chown 0:0 /host/etc/hostname && echo OWNED',
        'nsenter -t 1 -m true && echo ENTERED',
        'setpriv --reuid=1 true && echo uid-of-a-container',
        'id -u',
      ].join('; ');
      const hostname = readFileSync('/proc/sys/kernel/hostname', 'utf8');
      const run = inContainer(
        '--privileged',
        '--pid=host',
        '--network=host',
        '-v',
        '/:/host',
        'tcompose/host',
        'sh',
        '-c',
        script,
      );
      expect(run.stdout.trim().split('\n'), run.stderr).toEqual(['uid-of-a-container', '0']);
      expect(readFileSync('/proc/sys/kernel/hostname', 'utf8')).toBe(hostname);
    });

    it('shows on the machine as processes of the user and of his sub-ids', () => {
      const begun = user.tcompose(
        'container',
        'run',
        '-d',
        '--name',
        'sleeper',
        'tcompose/host',
        'sleep',
        '1000',
      );
      expect(begun.status, begun.stderr).toBe(0);
      const [line] = processesOf(user.uid).filter((one) => one.endsWith(' sleep 1000'));
      const pid = Number(line?.split(' ')[0]);
      expect(statusField(pid, 'Uid')).toBe(Array(4).fill(user.uid).join('\t'));
      expect(user.tcompose('container', 'rm', '-f', 'sleeper').status).toBe(0);
    });
  },
);
