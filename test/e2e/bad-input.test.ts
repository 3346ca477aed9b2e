import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freePort, requirements } from '../support/cli.ts';
import { type Workbench, workbench } from '../support/project-dir.ts';

const unmet = requirements({ containers: true, built: true });

describe.skipIf(unmet !== undefined)(`bad input${unmet ? ` (skipped: ${unmet})` : ''}`, () => {
  let bench: Workbench;
  beforeAll(() => {
    bench = workbench();
  });
  afterAll(() => bench.close('bad'));
  afterEach(() => {
    bench.run('-p', 'bad', 'down', '-v', '-t', '0', '--remove-orphans');
    expect(bench.run('ls', '-a', '-q').stdout).toBe('');
  });

  /** Writes a compose file, brings it up, and gives the one error it must come to. */
  const errorOf = (services: string, ...args: string[]): string => {
    bench.write('compose.yaml', `name: bad\nservices:\n${services}`);
    const done = bench.run(...(args.length > 0 ? args : ['up', '-d']));
    expect(done.status).toBe(1);
    const at = done.stderr.indexOf('error:');
    expect(done.stderr.indexOf('error:', at + 1)).toBe(-1);
    expect(done.stderr).not.toContain('    at ');
    return done.stderr.slice(at);
  };
  const containers = () => bench.run('-p', 'bad', 'ps', '-a', '-q').stdout;
  /** Containers, networks and volumes of the project. */
  const leftBehind = () =>
    containers() +
    bench.run('network', 'ls', '-q', '--filter', 'label=com.docker.compose.project=bad').stdout +
    bench.run('volume', 'ls', '-q', '--filter', 'label=com.docker.compose.project=bad').stdout;

  it('a typo in a key: the place, and the nearest name', () => {
    const error = errorOf('  web:\n    imge: tcompose/host\n');
    expect(error).toContain('compose.yaml:4:5');
    expect(error).toContain('    imge: tcompose/host');
    expect(error).toMatch(/\^/);
    expect(error).toMatch(/did you mean .?image/i);
  });

  it('a bad indent', () => {
    expect(errorOf('  web:\n    image: tcompose/host\n   command: x\n')).toMatch(/compose\.yaml:\d+:\d+/);
  });

  it('an unknown service in depends_on', () => {
    const error = errorOf('  web: {image: tcompose/host, depends_on: [dbs]}\n  db: {image: tcompose/host}\n');
    expect(error).toContain('dbs');
    expect(error).toMatch(/compose\.yaml:3:/);
  });

  it('a cycle, named', () => {
    const error = errorOf(
      '  a: {image: tcompose/host, depends_on: [b]}\n  b: {image: tcompose/host, depends_on: [a]}\n',
    );
    expect(error).toContain('a -> b -> a');
  });

  it('a required variable that is not set', () => {
    const error = errorOf('  web:\n    image: tcompose/host\n    command: echo ${TOKEN:?get one first}\n');
    expect(error).toContain('TOKEN');
    expect(error).toContain('get one first');
    expect(error).toMatch(/compose\.yaml:5:/);
  });

  it('an image that is not there: nothing is created, the nearest name is offered', () => {
    const error = errorOf('  web: {image: tcompose/hots, networks: [n]}\nnetworks: {n: {}}\n');
    expect(error).toContain("image tcompose/hots of service web can't be pulled from docker.io");
    expect(error).toContain('nearest local name is tcompose/host');
    expect(containers()).toBe('');
  });

  it('an external network that does not exist', () => {
    const error = errorOf(
      '  web: {image: tcompose/host, networks: [n]}\nnetworks: {n: {external: true, name: elsewhere}}\n',
    );
    expect(error).toContain('network elsewhere declared as external, but could not be found');
  });

  it('several images that are not there: every one is named', () => {
    bench.write('compose.yaml', 'name: bad\nservices:\n  a: {image: one}\n  b: {image: two}\n');
    const done = bench.run('up', '-d');
    expect(done.status).toBe(1);
    expect(done.stderr).toContain("image one of service a can't be pulled from docker.io");
    expect(done.stderr).toContain("image two of service b can't be pulled from docker.io");
    expect(leftBehind()).toBe('');
  });

  it('a taken port: the process that holds it, before anything is made', async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, '0.0.0.0', resolve));
    const { port } = holder.address() as AddressInfo;
    const error = errorOf(
      `  web: {image: tcompose/host, command: sleep 100, init: true, ports: ["${port}:80"], volumes: [data:/d]}
  other: {image: tcompose/host, command: sleep 100, init: true}
volumes: {data: {}}
`,
    );
    expect(error).toContain(`port 0.0.0.0:${port}/tcp is already in use`);
    // A user's engine may not look into processes outside of its namespaces.
    expect(error).toMatch(
      process.getuid?.() === 0
        ? new RegExp(`\\S+ \\(pid ${process.pid}\\) has it`)
        : 'another process has it',
    );
    expect(leftBehind()).toBe('');
    await new Promise((resolve) => holder.close(resolve));
  });

  it('a port of a container of ours: the container', async () => {
    const port = await freePort();
    const service = `{image: tcompose/host, command: sleep 100, init: true, ports: ["${port}:80"]}`;
    bench.write('compose.yaml', `name: good\nservices: {web: ${service}}\n`);
    expect(bench.run('up', '-d').status).toBe(0);
    expect(errorOf(`  web: ${service}\n`)).toContain('container good-web-1 has it');
    expect(leftBehind()).toBe('');
    // What it has itself is no obstacle, whether it is kept or recreated.
    bench.write('compose.yaml', `name: good\nservices: {web: ${service}}\n`);
    expect(bench.run('up', '-d').status).toBe(0);
    expect(bench.run('up', '-d', '--force-recreate', '-t', '0').status).toBe(0);
    expect(bench.run('down', '-t', '0').status).toBe(0);
  });

  it('a bind source that is not there: nothing is made', () => {
    const error = errorOf(`
  web:
    image: tcompose/host
    volumes: [{type: bind, source: ./absent, target: /a, bind: {create_host_path: false}}]
`);
    expect(error).toMatch(/bind source path does not exist: \S+absent/);
    expect(leftBehind()).toBe('');
  });

  it('a service that exits at once: its last lines, its code, who depends on it', () => {
    const error = errorOf(`
  db: {image: tcompose/host, command: "sh -c 'echo opening; echo disk is full >&2; exit 7'", healthcheck: {test: "true"}}
  api: {image: tcompose/host, depends_on: {db: {condition: service_healthy}}}
  web: {image: tcompose/host, depends_on: {db: {condition: service_healthy}}}
`);
    expect(error).toContain('container bad-db-1 exited (7); api and web depend on it');
    expect(error).toContain('disk is full');
    expect(error).toContain('tcompose logs db');
  });

  it('a health check that never passes: its last output', () => {
    const error = errorOf(`
  db:
    image: tcompose/host
    command: sleep 100
    init: true
    healthcheck: {test: "echo no answer on 5432; exit 1", interval: 100ms, retries: 2}
  web: {image: tcompose/host, depends_on: {db: {condition: service_healthy}}}
`);
    expect(error).toContain('container bad-db-1 is unhealthy');
    expect(error).toContain('no answer on 5432');
    expect(error).toContain('web depends on it');
  });

  it('no health check to wait for', () => {
    const error = errorOf(`
  db: {image: tcompose/host, command: sleep 100, init: true}
  web: {image: tcompose/host, depends_on: {db: {condition: service_healthy}}}
`);
    expect(error).toContain('container bad-db-1 has no healthcheck configured');
  });

  it('a command that does not exist', () => {
    const error = errorOf('  web: {image: tcompose/host, command: [no-such-program]}\n');
    expect(error).toContain('cannot start container bad-web-1');
    expect(error).toContain('no-such-program');
  });

  it('no command, and a tmpfs option that is none: what they are about is named once', () => {
    expect(errorOf('  web: {image: tcompose/host, entrypoint: []}\n')).toMatch(
      /^error: container bad-web-1 cannot be created: no command specified\nhint: .*"command"/,
    );
    const error = errorOf('  web: {image: tcompose/host, command: sleep 1, tmpfs: "/x:size=5q"}\n');
    expect(error).toMatch(/^error: cannot start container bad-web-1: mounting tmpfs on \/x/);
  });

  it('a subnet that is none: the network is named once', () => {
    const networks = '    networks: [n]\nnetworks: {n: {ipam: {config: [{subnet: 10.9.8.0/33}]}}}\n';
    const error = errorOf(`  web:\n    image: tcompose/host\n    command: sleep 1\n${networks}`);
    expect(error).toMatch(
      /^error: cannot create network bad_n: invalid network config:\s+invalid subnet 10\.9\.8\.0\/33: invalid CIDR block notation/,
    );
    expect(error.match(/bad_n/g)).toHaveLength(1);
  });

  it('--wait that takes too long', () => {
    const error = errorOf(
      '  db: {image: tcompose/host, command: sleep 100, init: true, healthcheck: {test: "false", interval: 60s, start_period: 60s}}\n',
      'up',
      '--wait',
      '--wait-timeout',
      '1',
    );
    expect(error).toContain('application not healthy after 1s');
  });

  it('an unknown service, command, flag', () => {
    expect(errorOf('  web: {image: tcompose/host}\n', 'up', '-d', 'wbe')).toMatch(/wbe/);
    expect(errorOf('  web: {image: tcompose/host}\n', 'pus')).toContain('unknown command: tcompose pus');
    expect(errorOf('  web: {image: tcompose/host}\n', 'up', '--detahc')).toContain('Did you mean --detach?');
  });
});
