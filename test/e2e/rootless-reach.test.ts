import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../support/cli.ts';
import { enterOwnNetwork } from '../support/own-network.ts';
import { workbench } from '../support/project-dir.ts';
import { makeUser, rootlessUnmet, type TestUser } from '../support/rootless.ts';

const unmet = rootlessUnmet('groupadd', 'groupdel', 'usermod');
const isTaken = (port: number) =>
  new Promise<boolean>((done) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      done(true);
    });
    socket.once('error', () => done(false));
  });
const service = (more: string) => `services:\n  s: {image: tcompose/host, ${more}}\n`;

describe.skipIf(unmet !== undefined)(
  `what is within a user’s reach${unmet ? ` (skipped: ${unmet})` : ''}`,
  () => {
    let user: TestUser;
    let group = '';
    let base = '';
    let shared = '';
    beforeAll(() => {
      enterOwnNetwork();
      user = makeUser();
      group = `${user.name}g`;
      base = mkdtempSync(join(tmpdir(), 'tcompose-test-'));
      chmodSync(base, 0o755);
      shared = join(base, 'shared');
      for (const words of [
        ['groupadd', group],
        ['usermod', '-aG', group, user.name],
      ])
        expect(spawnSync(words[0]!, words.slice(1)).status).toBe(0);
      mkdirSync(shared);
      const gid = Number(spawnSync('getent', ['group', group], { encoding: 'utf8' }).stdout.split(':')[2]);
      chownSync(shared, 0, gid);
      chmodSync(shared, 0o2770);
    });
    afterAll(() => {
      user?.remove();
      spawnSync('groupdel', [group]);
      rmSync(base, { recursive: true, force: true });
    });

    const up = (text: string) => {
      user.write('compose.yaml', text);
      const done = user.tcompose('up');
      user.tcompose('down', '-t', '0');
      return done;
    };

    it('is what his groups may, for containers that keep them, and for no others', () => {
      const mount = `volumes: ["${shared}:/x"]`;
      const write = (name: string) => `command: ["sh", "-c", "touch /x/${name} && echo wrote"]`;
      expect(up(service(`${mount}, ${write('a')}`)).stdout).not.toContain('wrote');
      expect(up(service(`${mount}, ${write('b')}, group_add: [keep-groups]`)).stdout).toContain('wrote');
      expect(statSync(join(shared, 'b')).uid).toBe(user.uid);
      expect(existsSync(join(shared, 'a'))).toBe(false);
      const mixed = up(service(`${write('c')}, group_add: [keep-groups, "33"]`));
      expect([mixed.status, mixed.stderr]).toEqual([
        1,
        expect.stringContaining('cannot be used with other groups'),
      ]);
    });

    it('is nothing below a directory that does not let him in, which is named', () => {
      const closed = join(base, 'closed');
      mkdirSync(join(closed, 'in'), { recursive: true, mode: 0o700 });
      chmodSync(closed, 0o700);
      const done = up(service(`command: "true", volumes: ["${closed}/in:/x"]`));
      expect(done.status).toBe(1);
      expect(done.stderr).toContain(`${closed} does not let you in`);
    });

    it.skipIf(existsSync('/var/run/docker.sock'))(
      'is the socket of his engine in the place of Docker’s, which is told',
      () => {
        const done = up(service('command: "true", volumes: ["/var/run/docker.sock:/var/run/docker.sock"]'));
        expect(done.status).toBe(1);
        expect(done.stderr).toContain(`use ${user.runtime}/tcompose/engine.sock:/var/run/docker.sock`);
      },
    );

    it('is the name of his own process that has a port, and of no other’s', async () => {
      const own = await freePort();
      const others = await freePort();
      const hold = (port: number) => [
        process.execPath,
        '-e',
        `require('net').createServer().listen(${port})`,
      ];
      const processes = [
        spawn('setpriv', [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups', ...hold(own)]),
        spawn(process.execPath, hold(others).slice(1)),
      ];
      for (const port of [own, others]) while (!(await isTaken(port))) await sleep(20);
      const refused = [own, others].map((port) => up(service(`command: "true", ports: ["${port}:80"]`)));
      for (const one of processes) one.kill('SIGKILL');
      expect(refused.map(({ status }) => status)).toEqual([1, 1]);
      expect(refused[0]!.stderr).toContain(`node (pid ${processes[0]!.pid}) has port ${own}`);
      expect(refused[1]!.stderr).toContain('another process has it');
    });

    it('are ports below 1024 by one setting for all of a project', () => {
      const done = up(
        `${service('command: "true", ports: ["443:443"]')}  t: {image: tcompose/host, command: "true", ports: ["81:81", "80:80"]}\n`,
      );
      expect(done.status).toBe(1);
      expect(done.stderr.match(/ip_unprivileged_port_start=\d+/g)).toEqual([
        'ip_unprivileged_port_start=80',
        'ip_unprivileged_port_start=80',
      ]);
    });

    it('is not for root’s engine, which has no groups to keep', () => {
      const bench = workbench();
      bench.write('compose.yaml', service('command: "true", group_add: [keep-groups]'));
      const done = bench.run('up');
      bench.close();
      expect([done.status, done.stderr]).toEqual([1, expect.stringContaining('root owns this one')]);
    });
  },
);
