import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packBusybox, staticBusybox } from '../support/busybox.ts';
import { endEngine, requirements } from '../support/cli.ts';
import { until } from '../support/engine.ts';
import { plainEnvironment } from '../support/environment.ts';
import {
  type FaultyRegistry,
  resetSettled,
  startFaultyRegistry,
  whyNoFaultyRegistry,
} from '../support/faulty-registry.ts';
import { enterOwnNetwork } from '../support/own-network.ts';

const busybox = staticBusybox();
const unmet =
  requirements({ containers: true, built: true, commands: ['tar'] }) ??
  (busybox === undefined ? 'needs a static busybox (busybox-static)' : undefined) ??
  whyNoFaultyRegistry;
if (unmet !== undefined) console.log(`a stack from a registry: skipped, ${unmet}`);

/** A database: its script begins as root, gives the volume to its user, makes a cluster once, and goes on as that user. */
const database = {
  'entry.sh': `#!/bin/sh
set -e
if [ "$(id -u)" = 0 ]; then
  busybox chown -R alice "$DATA"
  exec busybox su alice -s /bin/sh -c "exec /entry.sh $*"
fi
[ -e "$DATA/VERSION" ] || { echo "initialising $DATA for $DB_USER"; echo 16 >"$DATA/VERSION"; }
echo "database system is ready, as $(id -un)"
exec "$@"
`,
  Dockerfile: `FROM HOST/base:1
ENV DATA=/var/lib/db DB_USER=postgres
RUN mkdir -p /var/lib/db && busybox chmod 0700 /var/lib/db
COPY --chmod=755 entry.sh /entry.sh
VOLUME /var/lib/db
EXPOSE 5432
STOPSIGNAL SIGINT
ENTRYPOINT ["/entry.sh"]
CMD ["busybox", "nc", "-ll", "-p", "5432", "-e", "/bin/cat"]
HEALTHCHECK --interval=1s --start-period=180s CMD ["busybox", "test", "-e", "/var/lib/db/VERSION"]
`,
};

/** A web server that starts as root for its port, with drop-in scripts. */
const web = {
  'start.sh': `#!/bin/sh
for script in /start.d/*.sh; do echo "running $script"; . "$script"; done
exec "$@"
`,
  'greet.sh': 'echo "hello from $NAME" >/srv/index.html\n',
  Dockerfile: `FROM HOST/base:1
ENV NAME=web
COPY --chmod=755 start.sh /start.sh
COPY greet.sh /start.d/10-greet.sh
RUN mkdir -p /srv
EXPOSE 80
STOPSIGNAL SIGQUIT
ENTRYPOINT ["/start.sh"]
CMD ["busybox", "httpd", "-f", "-p", "80", "-h", "/srv"]
HEALTHCHECK --interval=1s --start-period=180s CMD busybox wget -q -O - http://127.0.0.1/
`,
};

/** An application that never is root, in a working directory that no layer has. */
const application = {
  Dockerfile: `FROM HOST/base:1
USER alice
WORKDIR /home/alice/app
CMD ["/bin/sh", "-c", "echo app as $(id -un) in $(pwd); busybox wget -q -O - http://web/; echo ping | busybox nc db 5432; exec sleep 1000"]
`,
};

describe.skipIf(unmet !== undefined)(`a stack from a registry${unmet ? ` (skipped: ${unmet})` : ''}`, () => {
  let scratch: string;
  let registry: FaultyRegistry;
  let env: Record<string, string>;

  /** The registry is served by this process, so commands are waited for without stopping it. */
  async function run(...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
    const child: ChildProcess = spawn(process.execPath, [resolve('dist/tcompose.cjs'), ...args], {
      cwd: scratch,
      env: { ...plainEnvironment(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said = { stdout: '', stderr: '' };
    child.stdout!.on('data', (part) => (said.stdout += part));
    child.stderr!.on('data', (part) => (said.stderr += part));
    const [status] = await once(child, 'close');
    return { ...said, status: status as number };
  }
  async function good(...args: string[]): Promise<{ stdout: string; stderr: string }> {
    const done = await run(...args);
    expect({ args, status: done.status, stderr: done.status === 0 ? '' : done.stderr }).toEqual({
      args,
      status: 0,
      stderr: '',
    });
    return done;
  }

  beforeAll(async () => {
    enterOwnNetwork();
    scratch = mkdtempSync(join(tmpdir(), 'tcompose-test-'));
    env = { TCOMPOSE_ROOT: join(scratch, 'root'), DOCKER_CONFIG: join(scratch, 'docker'), HOME: scratch };
    registry = await startFaultyRegistry();
    const { host } = registry;
    await good('image', 'import', packBusybox(busybox!, scratch), `${host}/base:1`);
    const images = { db: database, web, app: application };
    for (const [name, files] of Object.entries(images)) {
      mkdirSync(join(scratch, name));
      for (const [file, text] of Object.entries(files))
        writeFileSync(join(scratch, name, file), text.replaceAll('HOST', host));
    }
    const built = Object.keys(images).map(
      (name) => `  ${name}: {image: "${host}/stack/${name}:1", build: ./${name}}`,
    );
    writeFileSync(join(scratch, 'build.yaml'), `name: stack\nservices:\n${built.join('\n')}\n`);
    await good('-f', 'build.yaml', 'build');
    await good('-f', 'build.yaml', 'push');
    await good('image', 'prune', '-a', '-f');
    expect((await good('image', 'ls', '-q')).stdout.trim().split('\n')).toHaveLength(1);
    const services = [
      `  db: {image: "${host}/stack/db:1", volumes: ["data:/var/lib/db"]}`,
      `  web: {image: "${host}/stack/web:1", environment: {NAME: the stack}}`,
      `  app:\n    image: ${host}/stack/app:1\n    depends_on:\n      db: {condition: service_healthy}\n      web: {condition: service_healthy}`,
    ];
    writeFileSync(
      join(scratch, 'compose.yaml'),
      `name: stack\nservices:\n${services.join('\n')}\nvolumes: {data: }\n`,
    );
  });
  afterAll(async () => {
    await run('down', '-v', '-t', '2');
    await run(...endEngine);
    registry?.close();
    rmSync(scratch, { recursive: true, force: true });
  });

  it('comes up on an empty store, first line to last', async () => {
    const up = await good('up', '-d', '--wait');
    for (const name of ['db', 'web', 'app']) {
      expect(up.stderr).toMatch(new RegExp(`Image \\S+/stack/${name}:1 {2}Pulling\n`));
      expect(up.stderr).toMatch(new RegExp(`Image \\S+/stack/${name}:1 {2}Pulled`));
    }
    expect(up.stderr).toMatch(/Container stack-db-1 {2}Healthy/);
    expect(up.stderr).toMatch(/Container stack-web-1 {2}Healthy/);
    expect(up.stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    const said = async (...services: string[]) => (await good('logs', '--no-log-prefix', ...services)).stdout;
    // It asks the others after its start, which is all that `up` waits for.
    await until(async () => (await said('app')).includes('ping'), 'the application to be done');
    const logs = await said();
    expect(logs).toContain('initialising /var/lib/db for postgres');
    expect(logs).toContain('database system is ready, as alice');
    expect(logs).toContain('running /start.d/10-greet.sh');
    expect(logs).toContain('app as alice in /home/alice/app');
    expect(logs).toContain('hello from the stack');
  });

  it('keeps its data when it is recreated, and pulls nothing again', async () => {
    await resetSettled(registry);
    await good('down', '-t', '2');
    const up = await good('up', '-d', '--wait');
    expect(up.stderr).not.toContain('Pulling');
    expect(registry.stats().log).toEqual([]);
    // The file that makes it healthy is in the volume from the first start.
    const said = async () => (await good('logs', '--no-log-prefix', 'db')).stdout;
    await until(async () => (await said()).includes('database system is ready, as alice'), 'the database');
    expect(await said()).not.toContain('initialising');
  });
});
