import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, requirements } from '../support/cli.ts';
import { type Workbench, workbench } from '../support/project-dir.ts';

const unmet = requirements({ containers: true, built: true });

describe.skipIf(unmet !== undefined)(`what is taken${unmet ? ` (skipped: ${unmet})` : ''}`, () => {
  let bench: Workbench;
  let port: number;
  let holder: Server;
  const service = (name: string, more = '') =>
    `  ${name}: {image: tcompose/host, init: true, command: sleep 1000${more}}\n`;
  const write = (...services: string[]) =>
    bench.write('compose.yaml', `name: taken\nservices:\n${services.join('')}`);
  const ids = () => bench.run('ps', '-a', '-q').stdout;

  beforeAll(async () => {
    bench = workbench();
    port = await freePort();
    holder = createServer();
    await new Promise<void>((listening) => holder.listen(port, listening));
  });
  afterAll(() => {
    holder.close();
    bench.close('taken', 'other');
  });

  it('a port: every command that would start a container of it names who has it, and changes nothing', () => {
    write(service('db'), service('web', `, ports: ["${port}:80"], depends_on: [db]`));
    // A user's engine may not look into processes outside of its namespaces.
    const who = process.getuid?.() === 0 ? `node \\(pid ${process.pid}\\)` : 'another process';
    const refused = (...args: string[]) => {
      const done = bench.run(...args);
      expect(done.stderr).toMatch(
        new RegExp(
          `^error: container \\S+ cannot be started: port \\S*:${port}/tcp is already in use: ${who}`,
          'm',
        ),
      );
      expect(done.status).toBe(1);
    };
    refused('up', '-d');
    refused('run', '--rm', '--service-ports', 'web', 'true');
    refused('run', '-p', `${port}:80`, 'db', 'true');
    refused('scale', 'web=1');
    expect(ids()).toBe('');
    expect(
      bench.run('network', 'ls', '-q', '--filter', 'label=com.docker.compose.project=taken').stdout,
    ).toBe('');

    expect(bench.run('create').status).toBe(0);
    const created = ids();
    refused('start');
    refused('restart', 'web');
    expect(ids()).toBe(created);
    expect(bench.run('ps', '-q').stdout).toBe('');
  });

  it('a name: told with its owner before anything is created', () => {
    write(service('db', ', container_name: the-one'));
    expect(bench.run('-p', 'other', 'up', '-d').status).toBe(0);
    bench.run('down', '--remove-orphans');
    const done = bench.run('up', '-d');
    expect(done.stderr).toMatch(
      /^error: container the-one cannot be created: a container of service db of project other has that name\nhint: /,
    );
    expect(done.status).toBe(1);
    expect(ids()).toBe('');
    expect(bench.run('-p', 'other', 'down').status).toBe(0);
  });

  it('a renamed service takes over port, name and volume; two services swap their ports', async () => {
    const [one, two] = [await freePort(), await freePort()];
    const up = () => {
      const done = bench.run('up', '-d', '--remove-orphans');
      expect(done.stderr).not.toContain('error');
      expect(done.status).toBe(0);
    };
    write(
      service('old', `, ports: ["${one}:80"], container_name: taken-x`),
      service('b', `, ports: ["${two}:80"]`),
    );
    up();
    write(
      service('new', `, ports: ["${one}:80"], container_name: taken-x`),
      service('b', `, ports: ["${two}:80"]`),
    );
    up();
    write(
      service('new', `, ports: ["${two}:80"], container_name: taken-x`),
      service('b', `, ports: ["${one}:80"]`),
    );
    up();
    expect(bench.run('port', 'new', '80').stdout).toBe(`0.0.0.0:${two}\n`);
    expect(bench.run('port', 'b', '80').stdout).toBe(`0.0.0.0:${one}\n`);
    expect(bench.run('down').status).toBe(0);
  });

  it('run removes what it could not start', () => {
    write('  db: {image: tcompose/host}\n');
    for (const detach of [[], ['-d']]) {
      const done = bench.run('run', ...detach, 'db', '/no/such/command');
      expect(done.stderr).toContain('error: cannot run db: ');
      expect(done.stderr).toContain('/no/such/command');
      expect(done.status).toBe(127);
      expect(ids()).toBe('');
    }
    expect(bench.run('down').status).toBe(0);
  });
});
