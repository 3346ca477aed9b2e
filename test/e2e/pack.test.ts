import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandLimit, requirements } from '../support/cli.ts';
import { plainEnvironment } from '../support/environment.ts';
import { localRegistry } from '../support/local-registry.ts';
import { enterOwnNetwork } from '../support/own-network.ts';

const unmet = requirements({ root: true, built: true, commands: ['npm', 'aarch64-linux-gnu-gcc'] });

describe.skipIf(unmet !== undefined)(`the npm package${unmet ? ` (skipped: ${unmet})` : ''}`, () => {
  const scratch = mkdtempSync(join(tmpdir(), 'tcompose-test-'));
  const prefix = join(scratch, 'prefix');
  const path = join(scratch, 'path');
  beforeAll(enterOwnNetwork);
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  it('packs the bundles and a static binary for each architecture, and no source', () => {
    const packed = spawnSync('npm', ['pack', '--json', '--pack-destination', scratch], {
      env: plainEnvironment(),
      encoding: 'utf8',
      timeout: commandLimit,
    });
    expect(packed.status, packed.stderr).toBe(0);
    const listing = spawnSync('tar', ['-tzf', tarball()], { encoding: 'utf8' }).stdout.split('\n');
    for (const file of [
      'dist/tcompose.cjs',
      'dist/engine.cjs',
      'dist/native/tcompose-shim-x64',
      'dist/native/tcompose-shim-arm64',
      'LICENSE',
      'CHANGELOG.md',
      'dist/THIRD_PARTY_NOTICES',
    ]) {
      expect(listing).toContain(`package/${file}`);
    }
    expect(
      listing.filter((file) => file.startsWith('package/src/') || file.startsWith('package/test/')),
    ).toEqual([]);
  });

  it('installs with scripts off and runs a container with no compiler on PATH', async () => {
    mkdirSync(path);
    symlinkSync(process.execPath, join(path, 'node'));
    const env = { PATH: path, HOME: scratch, TCOMPOSE_ROOT: join(scratch, 'root'), LANG: 'C.UTF-8' };
    const npm = spawnSync('sh', ['-c', 'readlink -f "$(command -v npm)"'], {
      encoding: 'utf8',
    }).stdout.trim();
    symlinkSync('/bin/sh', join(path, 'sh'));
    const registry = await localRegistry(
      ['koffi', ...readdirSync('node_modules/@koromix').map((name) => `@koromix/${name}`)].map((name) =>
        join('node_modules', name),
      ),
    );
    const arguments_ = ['install', '-g', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', prefix];
    const child = spawn(process.execPath, [npm, ...arguments_, '--registry', registry.url, tarball()], {
      env: { PATH: `${path}:${dirname(process.execPath)}`, HOME: scratch, NO_UPDATE_NOTIFIER: '1' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const stderr = child.stderr.setEncoding('utf8').toArray();
    const [status] = await once(child, 'close');
    registry.close();
    expect(status, (await stderr).join('')).toBe(0);
    const tcompose = (...args: string[]) =>
      spawnSync(join(prefix, 'bin/tcompose'), args, { env, encoding: 'utf8', timeout: commandLimit });
    const hello = tcompose('container', 'run', '--rm', '--network', 'none', 'tcompose/host', 'echo', 'hello');
    tcompose('engine', 'stop', '--force');
    expect(hello.stderr).toBe('');
    expect(hello.stdout).toBe('hello\n');
    expect(hello.status).toBe(0);
  });

  function tarball(): string {
    const name = readdirSync(scratch).find((file) => file.endsWith('.tgz'));
    if (name === undefined) throw new Error('no tarball was packed');
    return join(scratch, name);
  }
});

/** npx builds what it runs, in its place. */
const isOwn = statSync('dist').uid === process.getuid?.();
const unmetInClone =
  requirements({ built: true, commands: ['npx'] }) ??
  (isOwn ? undefined : 'needs a clone that is not somebody else’s');

describe.skipIf(unmetInClone !== undefined)(
  `a clone${unmetInClone ? ` (skipped: ${unmetInClone})` : ''}`,
  () => {
    it('runs its command by npx without installing anything', () => {
      const ran = spawnSync('npx', ['--no-install', 'tcompose', '--version'], {
        env: plainEnvironment(),
        encoding: 'utf8',
        timeout: commandLimit,
      });
      expect(ran.stdout, ran.stderr).toMatch(/^tcompose version v/);
    });
  },
);
