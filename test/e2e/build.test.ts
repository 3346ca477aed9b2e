import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packBusybox, staticBusybox } from '../support/busybox.ts';
import { requirements } from '../support/cli.ts';
import { until } from '../support/engine.ts';
import { type Workbench, workbench } from '../support/project-dir.ts';

const busybox = staticBusybox();
const unmet =
  requirements({ containers: true, built: true }) ??
  (busybox === undefined ? 'needs a static busybox (busybox-static)' : undefined);

const compose = `name: shop
services:
  web:
    build:
      context: ./web
      args: { GREETING: hello }
      secrets: [token]
    stop_grace_period: 0s
    command: [sh, -c, "cat /app/out; exec sleep 1000"]
  job:
    image: shop-job
    build: { context: ./web, target: job, dockerfile_inline: "FROM shop-web AS job\\nRUN cat /app/out > /copy\\n" }
    profiles: [jobs]
secrets:
  token: { environment: TOKEN }
`;

const dockerfile = `FROM busybox AS make
ARG GREETING=nobody
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/cache \\
    --mount=type=secret,id=token \\
    echo "$GREETING" > out && cat message >> out && wc -c < /run/secrets/token >> out

FROM busybox
COPY --from=make /src/out /app/out
`;

describe.skipIf(unmet !== undefined)(`tcompose build${unmet ? ` (skipped: ${unmet})` : ''}`, () => {
  let bench: Workbench;

  beforeAll(() => {
    bench = workbench();
    bench.env.TOKEN = 'secret';
    bench.write('compose.yaml', compose);
    bench.write('web/Dockerfile', dockerfile);
    bench.write('web/message', 'one\n');
    bench.write('web/.dockerignore', 'ignored\n');
    bench.write('web/ignored', 'x');
    const tar = packBusybox(busybox!, bench.dir);
    expect(bench.run('image', 'import', tar, 'busybox:latest')).toMatchObject({ status: 0 });
  });

  afterAll(() => bench?.close('shop'));

  const output = () => bench.run('logs', '--no-log-prefix', 'web').stdout;
  /** A container may print a moment after `up` has ended. */
  const prints = (text: string) => until(() => output() === text, `${text} of the service`);

  it('says what it would do and does nothing', () => {
    const { status, stdout } = bench.run('--dry-run', 'build');
    expect(status).toBe(0);
    expect(stdout).toContain('[make 3/4] COPY . .');
    expect(bench.run('image', 'inspect', 'shop-web').status).not.toBe(0);
  });

  it('builds every service after those it is made from', () => {
    const { status, stderr } = bench.run('--profile', 'jobs', 'build');
    expect(stderr).toContain('web | [make 4/4] RUN');
    expect(status, stderr).toBe(0);
    const copy = bench.run('--profile', 'jobs', 'run', '--rm', 'job', 'cat', '/copy');
    expect(copy.stdout).toBe('hello\none\n6\n');
  });

  it('takes from the cache what is as it was, and recreates what is not', () => {
    const again = bench.run('build', 'web');
    expect(again.stderr).toMatch(/\[make 4\/4\] RUN .* CACHED/);
    bench.write('web/ignored', 'y');
    expect(bench.run('build', 'web').stderr).toMatch(/\[make 3\/4\] COPY \. \. +CACHED/);
    bench.write('web/message', 'two\n');
    expect(bench.run('build', 'web').stderr).toMatch(/\[make 3\/4\] COPY \. \. +DONE/);
  });

  it('builds what is missing before it starts it, and with --build makes the container anew', async () => {
    expect(bench.run('up', '-d', '--wait')).toMatchObject({ status: 0 });
    await prints('hello\ntwo\n6\n');
    bench.write('web/message', 'three\n');
    expect(bench.run('up', '-d', '--wait', '--build')).toMatchObject({ status: 0 });
    await prints('hello\nthree\n6\n');
    expect(bench.run('up', '-d', '--wait', '--build').stderr).toContain('shop-web-1  Running');
  });

  it('builds anew by itself what changed since, and says nothing of what did not', async () => {
    bench.write('web/message', 'four\n');
    for (const flag of ['--no-auto-build', '--no-build', '--no-recreate'])
      expect(bench.run('up', '-d', flag).stderr).toContain('shop-web-1  Running');
    expect(output()).toBe('hello\nthree\n6\n');
    const changed = bench.run('up', '-d', '--wait');
    expect(changed.stderr).toContain('Image shop-web  Built');
    await prints('hello\nfour\n6\n');
    const same = bench.run('up', '-d', '--wait');
    expect(same.stderr).toContain('shop-web-1  Running');
    expect(same.stderr).not.toMatch(/Built|CACHED/);
    bench.write('web/Dockerfile', `${dockerfile}LABEL only=configuration\n`);
    expect(bench.run('up', '-d', '--wait').stderr).toMatch(/shop-web +Built.*shop-web-1 +Recreated/s);
    bench.write('web/Dockerfile', dockerfile);
  });

  it('leaves alone what was built with arguments of the command line, and what cannot be looked at', async () => {
    expect(bench.run('build', '--build-arg', 'GREETING=bye', 'web')).toMatchObject({ status: 0 });
    for (let times = 0; times < 2; times++) {
      expect(bench.run('up', '-d', '--wait')).toMatchObject({ status: 0 });
      await prints('bye\nfour\n6\n');
    }
    expect(bench.run('build', 'web')).toMatchObject({ status: 0 });
    expect(bench.run('up', '-d', '--wait')).toMatchObject({ status: 0 });
    renameSync(join(bench.dir, 'web'), join(bench.dir, 'away'));
    const { status, stderr } = bench.run('up', '-d', '--wait');
    renameSync(join(bench.dir, 'away'), join(bench.dir, 'web'));
    expect(status, stderr).toBe(0);
    expect(stderr).toContain('image shop-web is used as it is');
    expect(stderr).toContain('shop-web-1  Running');
  });

  it('says where a base image was asked for that can not be had, and why', () => {
    for (const args of [[], ['--pull']]) {
      bench.write('web/Dockerfile', 'FROM localhost:1/private/base:1\n');
      const { status, stderr } = bench.run('build', ...args, 'web');
      expect(status).toBe(1);
      expect(stderr).toContain('localhost:1/private/base:1');
      expect(stderr).toContain('localhost:1 cannot be reached');
      expect(stderr).toContain('--> web/Dockerfile:1:1');
    }
    bench.write('web/Dockerfile', dockerfile);
  });

  it('names the line of a step that fails, shows its output, and starts nothing', () => {
    bench.write('web/Dockerfile', `${dockerfile}RUN echo before && exit 7\n`);
    const { status, stderr } = bench.run('up', '-d', '--build');
    expect(status).toBe(1);
    expect(stderr).toContain('web |   before');
    expect(stderr).toContain('did not complete successfully: exit code: 7');
    expect(stderr).toContain('--> web/Dockerfile:11:1');
    expect(stderr).not.toContain('Started');
    bench.write('web/Dockerfile', 'FROM busybox\nCOPYY a b\n');
    expect(bench.run('build', 'web').stderr).toContain('unknown instruction: COPYY (did you mean COPY?)');
  });

  it('keeps its cache in a directory of the project, and takes steps from there', () => {
    const two = (section: string) =>
      `name: cached\nservices:\n  app:\n    build:\n      context: ./web\n      secrets: [token]\n      ${section}\n` +
      'secrets:\n  token: { environment: TOKEN }\n';
    bench.write('web/Dockerfile', dockerfile);
    bench.write('kept.yaml', two('cache_to: ["type=local,dest=./kept,mode=max"]'));
    bench.write('taken.yaml', two('cache_from: ["type=local,src=kept", nowhere.invalid/app:cache]'));
    const kept = bench.run('-f', 'kept.yaml', 'build');
    expect(kept.stderr).toContain(`exporting cache to ${join(bench.dir, 'kept')}`);
    expect(kept.status, kept.stderr).toBe(0);
    expect(bench.run('builder', 'prune', '-af')).toMatchObject({ status: 0 });
    const taken = bench.run('-f', 'taken.yaml', 'build');
    expect(taken.stderr).toContain('all 4 steps came from the cache');
    expect(taken.stderr).toContain('warning: app: cache_from: nowhere.invalid/app:cache: ');
    expect(taken.status, taken.stderr).toBe(0);
    expect(bench.run('image', 'rm', '-f', 'cached-app')).toMatchObject({ status: 0 });
  });
});
