import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
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

const noMounts = process.getuid?.() === 0 ? '' : ' (skipped: only root can mount a small disk)';

describe.skipIf(unmet !== undefined)(`images of a registry${unmet ? ` (skipped: ${unmet})` : ''}`, () => {
  let scratch: string;
  let registry: FaultyRegistry;
  let env: Record<string, string>;
  let image: string;

  /** The registry is served by this process, so commands are waited for without stopping it. */
  async function run(...words: (string | Record<string, string>)[]) {
    const args = words.filter((word) => typeof word === 'string');
    const more = Object.assign({}, ...words.filter((word) => typeof word !== 'string'));
    const child: ChildProcess = spawn(process.execPath, [resolve('dist/tcompose.cjs'), ...args], {
      cwd: scratch,
      env: { ...plainEnvironment(), ...env, ...more },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said = { stdout: '', stderr: '' };
    child.stdout!.on('data', (part) => (said.stdout += part));
    child.stderr!.on('data', (part) => (said.stderr += part));
    const [status] = await once(child, 'close');
    return { ...said, status: status as number };
  }
  const good = async (...args: string[]) => {
    const done = await run(...args);
    expect({ args, status: done.status, stderr: done.status === 0 ? '' : done.stderr }).toEqual({
      args,
      status: 0,
      stderr: '',
    });
    return done;
  };
  const compose = (text: string) => writeFileSync(join(scratch, 'compose.yaml'), text);

  beforeAll(async () => {
    enterOwnNetwork();
    scratch = mkdtempSync(join(tmpdir(), 'tcompose-test-'));
    env = {
      TCOMPOSE_ROOT: join(scratch, 'root'),
      DOCKER_CONFIG: join(scratch, 'docker'),
      HOME: scratch,
      XDG_RUNTIME_DIR: scratch,
    };
    registry = await startFaultyRegistry();
    image = `${registry.host}/faulty/app`;
    const tar = packBusybox(busybox!, scratch);
    const name = `${registry.host}/shop/busybox:1`;
    await good('image', 'import', '--change', 'CMD ["/bin/sh"]', tar, name);
    await good('image', 'push', name);
    await good('image', 'rm', name);
  });
  beforeEach(async () => {
    registry.setFaults({});
    await resetSettled(registry);
  });
  afterAll(async () => {
    await run('-p', 'shop', 'down', '-t', '0');
    await run(...endEngine);
    registry.close();
    rmSync(scratch, { recursive: true, force: true });
  });

  it('are pulled by up on an empty store, and run', async () => {
    compose(`name: shop
services:
  web: {image: "${registry.host}/shop/busybox:1", command: "sleep 1000", init: true}
  once: {image: "${registry.host}/shop/busybox:1", command: "echo from a registry"}
`);
    const up = await good('up', '-d');
    expect(up.stderr).toMatch(/Image \S+\/shop\/busybox:1 {2}Pulling\n/);
    expect(up.stderr).toMatch(/Image \S+\/shop\/busybox:1 {2}Pulled( {2}[\d.]+\wB in .*)?\n/);
    // No terminal: a line for each state, and no control character.
    expect(up.stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    await until(
      async () => (await good('logs', 'once')).stdout.includes('from a registry'),
      'what the service prints',
    );
    const again = await good('up', '-d');
    expect(again.stderr).not.toContain('Pulling');
    const images = JSON.parse((await good('images', '--format', 'json')).stdout);
    expect(images[0]).toMatchObject({
      Repository: `${registry.host}/shop/busybox`,
      Tag: '1',
      Platform: /^linux\//,
    });
    await good('down', '-t', '0');
  });

  it('are fetched by container run when they are missing, unless that is forbidden', async () => {
    const name = `${registry.host}/shop/busybox:1`;
    await good('image', 'rm', '-f', name);
    const forbidden = await run('container', 'run', '--rm', '--pull', 'never', name, 'true');
    expect(forbidden).toMatchObject({ status: 125, stdout: '' });
    expect(forbidden.stderr).toContain('No such image');
    const fetched = await good('container', 'run', '--rm', name, 'echo', 'runs');
    expect(fetched.stdout).toBe('runs\n');
    expect(fetched.stderr).toContain('Pulled');
    const there = await good('container', 'run', '--rm', name, 'echo', 'again');
    expect(there).toMatchObject({ stdout: 'again\n', stderr: '' });
  });

  it('make their containers anew when a tag has moved to another, and only then', async () => {
    const name = `${registry.host}/shop/moving:1`;
    await good('image', 'tag', `${registry.host}/shop/busybox:1`, name);
    await good('image', 'push', name);
    compose(
      `name: shop\nservices: {web: {image: "${name}", command: "sleep 1000", init: true, pull_policy: always}}\n`,
    );
    await good('up', '-d');
    const first = (await good('ps', '-q')).stdout;
    expect((await good('up', '-d')).stderr).toContain('Pulled');
    expect((await good('ps', '-q')).stdout).toBe(first);
    const archive = join(scratch, 'busybox.tar');
    const id = (await good('image', 'import', '-c', 'ENV NEW=1', archive, name)).stdout.trim();
    await good('image', 'push', name);
    await good('image', 'rm', '-f', name);
    await good('up', '-d');
    const second = (await good('ps', '-q')).stdout;
    expect(second).not.toBe(first);
    const label = await good('container', 'inspect', '-f', '{{.Image}}', second.trim());
    expect(label.stdout.trim()).toBe(id);
    await good('down', '-t', '0');
  });

  it('that fail do not keep the others from coming, and all of them are named', async () => {
    compose(`name: shop
services:
  a: {image: "${image}:nope"}
  b: {image: "${image}:1"}
  c: {image: "${image}:gone"}
`);
    const failed = await run('pull');
    expect(failed.status).toBe(1);
    expect(failed.stderr).toContain(`image ${image}:nope of service a can't be pulled from ${registry.host}`);
    expect(failed.stderr).toContain(`image ${image}:gone of service c can't be pulled from ${registry.host}`);
    expect(failed.stderr).toContain(`Image ${image}:1  Pulled`);
    const ignored = await good('pull', '--ignore-pull-failures');
    expect(ignored.stderr).toContain(`warning: image ${image}:nope of service a`);
  });

  it('of another platform than is wanted are not there', async () => {
    compose(`name: shop\nservices: {a: {image: "${image}:index", platform: linux/arm64}}\n`);
    await good('image', 'pull', '--platform', 'linux/amd64', `${image}:index`);
    expect((await good('create', '--dry-run')).stdout).toMatch(
      /pull image \S+:index for linux\/arm64 +the image here is for linux\/amd64, but linux\/arm64 is needed/,
    );
  });

  it('of two platforms under one name are fetched once, and stay', async () => {
    compose(`name: shop
services:
  a: {image: "${image}:index", platform: linux/arm64, command: x}
  b: {image: "${image}:index", command: x}
`);
    await good('create');
    const made = (await good('ps', '-aq')).stdout;
    const again = await good('create', '--pull', 'never');
    expect(again.stderr).not.toContain('Pulling');
    expect((await good('create')).stderr).not.toContain('Pulling');
    expect((await good('ps', '-aq')).stdout).toBe(made);
    await good('down');
  });

  it('that no registry has are built, where they can be', async () => {
    const name = `${registry.host}/shop/nowhere:1`;
    compose(`name: shop
services:
  a: {image: "${name}", pull_policy: missing, build: {dockerfile_inline: "FROM scratch"}, command: "true"}
  b: {image: "${name}", pull_policy: missing, command: "true"}
`);
    const refused = await run('create', '--no-build');
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain(`image ${name} of service a can't be pulled`);
    const made = await good('create');
    expect(made.stderr).toContain(
      `warning: image ${name} of service a can't be pulled from ${registry.host}, and is built:`,
    );
    expect(made.stderr).toContain(`Image ${name}  Built`);
    await good('down', '--rmi', 'all');
  });

  it('are refused with the cause when a credential helper is gone', async () => {
    registry.setFaults({ auth: 'basic' });
    mkdirSync(join(scratch, 'docker'), { recursive: true });
    writeFileSync(join(scratch, 'docker', 'config.json'), '{"credsStore":"gone"}');
    compose(`name: shop\nservices: {a: {image: "${image}:plain"}}\n`);
    for (const refused of [await run('image', 'pull', `${image}:plain`), await run('pull')]) {
      expect(refused.status).toBe(1);
      expect(refused.stderr).toMatch(
        /hint: It was asked without credentials: docker-credential-gone, which credsStore in /,
      );
    }
    rmSync(join(scratch, 'docker', 'config.json'));
  });

  it('tell every request with --verbose, and nothing of them without', async () => {
    const asked = `HEAD http://${registry.host}/v2/faulty/app/manifests/1: 200`;
    expect((await good('--verbose', 'image', 'pull', `${image}:1`)).stderr).toContain(asked);
    expect((await good('image', 'pull', `${image}:1`)).stderr).not.toContain('HEAD');
  });

  it('are had with the credentials of whoever asks, and refused with a word on them', async () => {
    registry.setFaults({ auth: 'basic' });
    const anonymous = await run('image', 'pull', `${image}:1`);
    expect(anonymous.status).toBe(1);
    expect(anonymous.stderr).toContain(`tcompose login ${registry.host}`);
    const wrong = await run('login', '-u', 'user', '-p', 'wrong', registry.host);
    expect(wrong.status).toBe(1);
    const right = await good('login', '-u', 'user', '-p', 'secret', registry.host);
    expect(right.stdout).toBe('Login Succeeded\n');
    expect(statSync(join(scratch, 'docker', 'config.json')).mode & 0o777).toBe(0o600);
    await good('image', 'pull', `${image}:1`);
    compose(`name: shop\nservices: {a: {image: "${image}:oci"}}\n`);
    await good('pull', '-q');
    await good('logout', registry.host);
    expect(JSON.parse(readFileSync(join(scratch, 'docker', 'config.json'), 'utf8'))).toEqual({ auths: {} });
    expect((await run('image', 'pull', `${image}:1`)).status).toBe(1);
  });

  it('are pinned, and a published project comes back by its address', async () => {
    compose(`name: shop\nservices: {a: {image: "${image}:1", environment: {A: "\${A:-x}"}}}\n`);
    const pinned = await good('config', '--resolve-image-digests');
    expect(pinned.stdout).toMatch(/image: \S+\/faulty\/app:1@sha256:[0-9a-f]{64}/);
    await good('publish', '-y', `${registry.host}/shop/project:1`);
    const config = await good('-f', `oci://${registry.host}/shop/project:1`, 'config');
    expect(config.stdout).toContain(`image: ${image}:1`);
    expect(config.stdout).toContain('A: x');
  });

  it('are listed by the name that is meant, and get no name that is a digest', async () => {
    await good('image', 'pull', '-q', `${image}:oci`);
    for (const name of ['aaa:1', 'zzz:1']) await good('image', 'tag', `${image}:oci`, name);
    const listed = await good('image', 'ls', '-f', 'reference=aaa', '--format', '{{.Repository}}:{{.Tag}}');
    expect(listed.stdout).toBe('aaa:1\n');
    compose('name: shop\nservices: {z: {image: "zzz:1", command: x}}\n');
    await good('create');
    expect(JSON.parse((await good('images', '--format', 'json')).stdout)).toMatchObject([
      { Repository: 'zzz', Tag: '1' },
    ]);
    await good('down');
    const refused = await run('image', 'tag', 'aaa:1', `zzz@sha256:${'0'.repeat(64)}`);
    expect(refused.stderr).toContain('refusing to create a tag with a digest reference');
    const { stdout } = await good('image', 'inspect', '-f', '{{index .RepoDigests 0}}', 'aaa:1');
    const all = (await good('image', 'ls', '-q', '--no-trunc', image)).stdout.trim().split('\n');
    await good('image', 'rm', '-f', ...new Set(all));
    // The tag that stands beside a digest is kept as a word.
    const pinned = stdout.trim().replace('@', ':oci@');
    await good('image', 'pull', '-q', pinned);
    await good('image', 'prune', '-f');
    expect((await good('image', 'ls', image)).stdout).toMatch(/faulty\/app +oci +/);
  });

  it('go along with a project that is published as an application', async () => {
    const other = await startFaultyRegistry();
    try {
      compose(`name: shop
services:
  a: {image: "${image}:index"}
  b: {image: "${other.host}/faulty/app:zstd", profiles: [more]}
`);
      await resetSettled(registry);
      const published = await good('publish', '--app', '-y', `${registry.host}/shop/app:1`);
      expect(published.stderr).toMatch(/Image \S+:index {2}Copied {2}sha256:/);
      expect(published.stderr).toMatch(/Image \S+:zstd {2}Copied {2}sha256:/);
      // What the registry has in another repository is not sent.
      expect(registry.stats().uploads.mounted).toBeGreaterThan(2);
      const digest = /:zstd {2}Copied {2}(\S+)/.exec(published.stderr)![1]!;
      other.close();
      await good('image', 'pull', '-q', `${registry.host}/shop/app@${digest}`);
      const read = ['-f', `oci://${registry.host}/shop/app:1`, '--profile', 'more', 'config', '--images'];
      const { stdout } = await good(...read);
      // What was copied is what readers get, whatever becomes of the tags.
      expect(stdout).toMatch(new RegExp(`^${image}:index@sha256:`, 'm'));
      expect(stdout).toContain(`:zstd@${digest}`);
      compose('name: shop\nservices: {a: {image: tcompose/host}}\n');
      const refused = await run('publish', '--app', '-y', `${registry.host}/shop/app:2`);
      expect(refused.status).toBe(1);
      expect(refused.stderr).toContain("can't be copied into a registry");
    } finally {
      other.close();
    }
  });

  it.skipIf(noMounts !== '').each([400, 800, 1600])(
    `come whole or not at all when the disk fills up with %d kB to go${noMounts}`,
    async (left) => {
      const small = join(scratch, 'small');
      mkdirSync(small);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', small]);
      const root = { TCOMPOSE_ROOT: small };
      const filler = join(small, 'filler');
      const free = () => {
        const { bavail, bsize } = statfsSync(small);
        return bavail * bsize;
      };
      try {
        await run('image', 'ls', root);
        registry.setFaults({ blob: [{ match: '*', fault: 'drip', rate: 700_000 }] });
        const pull = run('image', 'pull', `${image}:1`, root);
        // It has looked at the disk by now, and is not done with its largest layer.
        await until(() => registry.stats().maxConcurrentBlobs > 1, 'layers to be under way');
        writeFileSync(filler, Buffer.alloc(Math.max(0, free() - left * 1000)));
        const failed = await pull;
        expect(failed.status).toBe(1);
        expect(failed.stderr).toMatch(/no space is left on the disk \(.*nothing was kept/);
        expect(failed.stderr).toContain('hint: Free some space');
        expect(readdirSync(join(small, 'lib', 'tmp'))).toEqual([]);
        expect((await run('image', 'ls', '-q', root)).stdout.trim().split('\n')).toHaveLength(1);
        rmSync(filler);
        registry.setFaults({});
        expect(await run('image', 'pull', '-q', `${image}:1`, root)).toMatchObject({ status: 0 });
        await run('image', 'prune', '-af', root);
        // Nothing but the engine's own state is left.
        const kept = ['blobs', 'layers', 'partial', 'tmp'].flatMap((name) =>
          readdirSync(join(small, 'lib', name), { recursive: true, withFileTypes: true }),
        );
        expect(kept.filter((one) => one.isFile()).map(({ name }) => name)).toEqual([]);
      } finally {
        await run('engine', 'stop', root);
        execFileSync('umount', ['-l', small]);
        rmSync(small, { recursive: true });
      }
    },
  );

  it('go through archives', async () => {
    await good('image', 'pull', '-q', `${image}:1`);
    const before = (await good('image', 'inspect', '-f', '{{.Id}}', `${image}:1`)).stdout;
    await good('image', 'save', '-o', 'app.tar', `${image}:1`);
    await good('image', 'rm', '-f', `${image}:1`, `${image}:oci`);
    expect((await good('image', 'load', '-i', 'app.tar')).stdout).toContain(`Loaded image: ${image}:1`);
    expect((await good('image', 'inspect', '-f', '{{.Id}}', `${image}:1`)).stdout).toBe(before);
    expect((await good('image', 'history', `${image}:1`)).stdout).toContain('layer 2');
    expect((await good('system', 'df')).stdout).toMatch(/^TYPE +TOTAL +ACTIVE +SIZE +RECLAIMABLE\nImages /);
  });
});
