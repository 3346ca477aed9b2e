import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Builder, startBuilder, whyNoBuilder } from '../build/builder.ts';

const runs = (...command: [string, ...string[]]): boolean =>
  spawnSync(command[0], command.slice(1), { stdio: 'ignore' }).status === 0;
const noBuilder = whyNoBuilder();
const noBuildx =
  noBuilder ?? (runs('docker', 'buildx', 'version') ? undefined : 'there is no docker with buildx');
const noDocker = noBuildx === undefined ? undefined : (noBuilder ?? whyNotByItself());
const noCompose = noBuildx ?? (runs('docker-compose', 'version') ? undefined : 'there is no docker-compose');

/** Docker's client speaks BuildKit's protocol itself up to version 20.10, then only with buildx. */
function whyNotByItself(): string | undefined {
  const { stdout } = spawnSync('docker', ['--version'], { encoding: 'utf8' });
  const major = Number(/version (\d+)\./.exec(stdout ?? '')?.[1] ?? Number.NaN);
  if (Number.isNaN(major)) return 'there is no docker command';
  return major < 23 ? undefined : `docker ${major} needs buildx for it`;
}

for (const [what, why] of [
  ['docker build', noDocker],
  ['docker buildx', noBuildx],
  ['docker compose build', noCompose],
])
  if (why !== undefined) console.warn(`skipped: ${what} against the engine: ${why}`);

let builder: Builder;

beforeAll(async () => {
  if (noDocker === undefined) builder = await startBuilder();
});

afterAll(async () => {
  if (builder !== undefined) expect(await builder.close()).toEqual([]);
});

interface Run {
  readonly status: number | null;
  readonly out: string;
  readonly text: string;
}

/** Runs a Docker command with BuildKit's protocol; `text` is all it says. */
function run(
  command: readonly [string, ...string[]],
  options: { readonly cwd?: string; readonly env?: Record<string, string>; readonly input?: string } = {},
): Run {
  const { status, stdout, stderr } = spawnSync(command[0], command.slice(1), {
    encoding: 'utf8',
    timeout: 120_000,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.input === undefined ? {} : { input: options.input }),
    env: { ...environment(), ...options.env },
  });
  return { status, out: stdout, text: stdout + stderr };
}

function environment(): Record<string, string> {
  const { DOCKER_CONFIG: config } = process.env;
  const plugins: Record<string, string> = config === undefined ? {} : { DOCKER_CONFIG: config };
  return { ...builder.engine.dockerEnv, ...plugins, DOCKER_BUILDKIT: '1', BUILDKIT_PROGRESS: 'plain' };
}

const dockerBuild = (args: readonly string[], options: Parameters<typeof run>[1] = {}): Run =>
  run(['docker', 'build', ...args], options);

async function fileIn(image: string, path: string): Promise<string> {
  const { out } = run(['docker', 'run', '--rm', '--network', 'none', image, 'cat', path]);
  return out;
}

describe.skipIf(noDocker !== undefined)('docker build', () => {
  test('builds from a directory that is sent, and the next time what changed of it', async () => {
    const place = builder.context('plain', {
      Dockerfile: 'FROM busybox\nARG WHO=nobody\nCOPY . /app/\nRUN echo "for $WHO" >/who\nLABEL a=b\n',
      '.dockerignore': 'secret*\n!secret-not\n',
      'one.txt': 'one',
      'sub/two.txt': 'two',
      'secret.txt': 'never',
      'secret-not': 'yes',
    });
    const first = dockerBuild(['-t', 'plain:1', '--build-arg', 'WHO=me', '--label', 'c=d', place]);
    expect(first.text).toContain('exporting to image');
    expect(first.status).toBe(0);
    expect(await fileIn('plain:1', '/who')).toBe('for me\n');
    expect(await fileIn('plain:1', '/app/sub/two.txt')).toBe('two');
    const list = run(['docker', 'run', '--rm', '--network', 'none', 'plain:1', 'ls', '-A', '/app']);
    expect(list.out.trim().split('\n')).toEqual([
      '.dockerignore',
      'Dockerfile',
      'one.txt',
      'secret-not',
      'sub',
    ]);
    const labels = run(['docker', 'image', 'inspect', '-f', '{{json .Config.Labels}}', 'plain:1']);
    expect(JSON.parse(labels.out)).toEqual({ a: 'b', c: 'd' });

    const again = dockerBuild(['-t', 'plain:2', '--build-arg', 'WHO=me', place]);
    expect(again.text).toMatch(/COPY \. \/app\/\n(?:.*\n)?#\d+ CACHED/);

    writeFileSync(join(place, 'one.txt'), 'eins');
    rmSync(join(place, 'sub'), { recursive: true });
    const third = dockerBuild(['-t', 'plain:3', place]);
    expect(third.status).toBe(0);
    expect(await fileIn('plain:3', '/app/one.txt')).toBe('eins');
    expect(run(['docker', 'run', '--rm', '--network', 'none', 'plain:3', 'ls', '/app/sub']).status).not.toBe(
      0,
    );
  });

  test('says what failed, with the command and its output', () => {
    const place = builder.context('failing', {
      Dockerfile: 'FROM busybox\nRUN echo said-before-the-end && exit 7\n',
    });
    const { status, text } = dockerBuild([place]);
    expect(status).not.toBe(0);
    expect(text).toContain('said-before-the-end');
    expect(text).toContain('did not complete successfully: exit code: 7');
    const missing = dockerBuild([
      builder.context('missing', { Dockerfile: 'FROM busybox\nCOPY nothing /\n' }),
    ]);
    expect(missing.text).toContain('"/nothing": not found');
    expect(dockerBuild(['-f', 'Nofile', place]).status).not.toBe(0);
  });

  test('takes another Dockerfile, with an ignore file of its own, and a target', async () => {
    const place = builder.context('named', {
      'docker/App.Dockerfile': 'FROM busybox AS one\nCOPY . /all\nFROM one AS two\nRUN exit 1\n',
      'docker/App.Dockerfile.dockerignore': 'b\n',
      '.dockerignore': 'a\n',
      a: 'a',
      b: 'b',
    });
    const built = dockerBuild([
      '-t',
      'named',
      '-f',
      join(place, 'docker/App.Dockerfile'),
      '--target',
      'one',
      place,
    ]);
    expect(built.text).not.toContain('ERROR');
    const list = run(['docker', 'run', '--rm', '--network', 'none', 'named', 'ls', '/all']);
    expect(list.out.trim().split('\n')).toEqual(['a', 'docker']);
  });

  test('shows a secret of the client to a step, and to nothing else', async () => {
    const place = builder.context('secret', {
      Dockerfile: 'FROM busybox\nRUN --mount=type=secret,id=word wc -c </run/secrets/word >/count\n',
      word: 'xyzzy-plugh-secret',
    });
    const built = dockerBuild(['-t', 'secret', '--secret', `id=word,src=${join(place, 'word')}`, place]);
    expect(built.text).not.toContain('ERROR');
    expect((await fileIn('secret', '/count')).trim()).toBe('18');
    const found = spawnSync('grep', ['-rl', 'xyzzy-plugh-secret', join(builder.engine.root, 'lib')], {
      encoding: 'utf8',
    });
    expect(found.stdout).toBe('');
  });

  test('sends a directory or a tar of the result back', () => {
    const place = builder.context('output', {
      Dockerfile: 'FROM scratch\nCOPY --chmod=0751 sub /sub\n',
      'sub/file': 'content',
      'sub/deep/other': 'x'.repeat(100_000),
    });
    const directory = join(builder.place, 'out');
    expect(dockerBuild(['-o', directory, place]).status).toBe(0);
    expect(readFileSync(join(directory, 'sub/file'), 'utf8')).toBe('content');
    expect(readFileSync(join(directory, 'sub/deep/other')).length).toBe(100_000);
    expect(lstatSync(join(directory, 'sub/file')).mode & 0o777).toBe(0o751);
    const tar = join(builder.place, 'out.tar');
    expect(dockerBuild(['-o', `type=tar,dest=${tar}`, place]).status).toBe(0);
    const names = execFileSync('tar', ['tf', tar], { encoding: 'utf8' }).trim().split('\n');
    expect(names).toEqual(['sub/', 'sub/deep/', 'sub/deep/other', 'sub/file']);
  });

  test('builds one directory several times at once, and goes on from its copy after a restart', async () => {
    const place = builder.context('several', {
      Dockerfile: 'FROM busybox\nARG N\nCOPY . /all\nRUN echo "$N" >/n\n',
      ...Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`files/f${n}`, `content ${n}`])),
    });
    const args = (n: number) => ['build', '-t', `several:${n}`, '--build-arg', `N=${n}`, place];
    const children = [1, 2, 3, 4].map((n) =>
      spawn('docker', args(n), { env: environment(), stdio: 'ignore' }),
    );
    const ended = children.map((child) => new Promise((resolve) => child.once('exit', resolve)));
    expect(await Promise.all(ended)).toEqual([0, 0, 0, 0]);
    for (const n of [1, 4]) {
      expect(await fileIn(`several:${n}`, '/n')).toBe(`${n}\n`);
      expect(await fileIn(`several:${n}`, '/all/files/f199')).toBe('content 199');
    }
    const pid = await builder.engine.enginePid();
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => builder.engine.enginePid(), { timeout: 90_000 }).not.toBe(pid);
    writeFileSync(join(place, 'files/f7'), 'other');
    const again = run(['docker', ...args(5)] as [string, ...string[]]);
    expect(again.text).toMatch(/transferring context: \d+B/);
    expect(await fileIn('several:5', '/all/files/f7')).toBe('other');
    expect(await fileIn('several:5', '/all/files/f8')).toBe('content 8');
  });

  test('a client that goes away ends its build, and leaves nothing', async () => {
    const place = builder.context('gone', { Dockerfile: 'FROM busybox\nRUN echo begun; sleep 600\n' });
    const child = spawn('docker', ['build', place], {
      env: environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    await new Promise<void>((resolve, reject) => {
      let said = '';
      const take = (chunk: Buffer): void => {
        said += chunk.toString();
        if (/\d begun/.test(said)) resolve();
      };
      child.stdout.on('data', take);
      child.stderr.on('data', take);
      child.once('exit', () => reject(new Error(said)));
    });
    child.kill('SIGKILL');
    const temporary = join(builder.engine.root, 'lib/build/tmp');
    await expect.poll(() => readdirSync(temporary), { timeout: 90_000 }).toEqual([]);
  });
});

describe.skipIf(noBuildx !== undefined)('docker buildx', () => {
  test('knows the engine as a builder', () => {
    const { text, status } = run(['docker', 'buildx', 'inspect']);
    expect(status).toBe(0);
    expect(text).toMatch(/Driver: +docker/);
    expect(text).toMatch(/Platforms: +linux\/(?:amd64|arm64)/);
  });

  test('shows the lines of the Dockerfile that failed', () => {
    const place = builder.context('excerpt', {
      Dockerfile: 'FROM busybox\nRUN true \\\n && exit 3\nCMD x\n',
    });
    const { text } = dockerBuild([place]);
    expect(text).toMatch(
      /Dockerfile:2\n-+\n +1 \| +FROM busybox\n +2 \| >>> RUN true \\\n +3 \| >>> +&& exit 3\n/,
    );
    expect(text).toContain('JSONArgsRecommended');
  });

  test('shows what is wrong with a long Dockerfile, too', () => {
    const lines = Array.from({ length: 3000 }, (_, at) => `ENV V${at}=${'x'.repeat(40)}\n`).join('');
    const place = builder.context('long', { Dockerfile: `FROM busybox\n${lines}RUN exit 3\n` });
    const { text, status } = dockerBuild([place]);
    expect(text).toContain('>>> RUN exit 3');
    expect(status).toBe(1);
  });

  test('looks a Dockerfile over', () => {
    const bad = builder.context('check', { Dockerfile: 'FROM busybox\nCMD echo hello\n' });
    const { text, status } = run(['docker', 'build', '--check', bad]);
    expect(text).toContain('WARNING: JSONArgsRecommended');
    expect(text).toContain('>>> CMD echo hello');
    expect(status).toBe(1);
    const good = builder.context('check-good', { Dockerfile: 'FROM busybox\nCMD ["echo"]\n' });
    expect(run(['docker', 'build', '--check', good]).status).toBe(0);
    const broken = builder.context('check-broken', { Dockerfile: 'FROM busybox\nENV k v\nVOLUME ""\n' });
    const checked = run(['docker', 'build', '--check', broken]);
    expect(checked.text).toContain('WARNING: LegacyKeyValueFormat');
    expect(checked.text).toMatch(/ERROR: VOLUME specified can not be an empty string\n.*Dockerfile:3\n/);
    expect(checked.status).toBe(1);
  });

  test('takes a context from standard input, as an archive and as a Dockerfile alone', async () => {
    const place = builder.context('stdin', { Dockerfile: 'FROM busybox\nCOPY f /f\n', f: 'from a tar' });
    const tar = execFileSync('tar', ['c', '-C', place, '.']);
    const sent = spawnSync('docker', ['build', '-t', 'stdin:tar', '-'], {
      env: environment(),
      input: tar,
      encoding: 'utf8',
    });
    expect(sent.stderr).not.toContain('ERROR');
    expect(await fileIn('stdin:tar', '/f')).toBe('from a tar');
    const alone = dockerBuild(['-t', 'stdin:alone', '-'], { input: 'FROM busybox\nRUN echo alone >/f\n' });
    expect(alone.status).toBe(0);
    expect(await fileIn('stdin:alone', '/f')).toBe('alone\n');
  });

  test('shows steps an agent that the client has, and says when it has none', () => {
    const text =
      'FROM busybox\nRUN --mount=type=ssh,required=true test -S $SSH_AUTH_SOCK && echo it is there\n';
    const place = builder.context('ssh', { Dockerfile: text });
    if (runs('which', 'ssh-agent')) {
      const socket = join(builder.place, 'agent');
      const started = execFileSync('ssh-agent', ['-a', socket], { encoding: 'utf8' });
      try {
        const built = dockerBuild(['--no-cache', '--ssh', 'default', place], {
          env: { SSH_AUTH_SOCK: socket },
        });
        expect(built.text).toMatch(/\d it is there/);
      } finally {
        process.kill(Number(/AGENT_PID=(\d+)/.exec(started)?.[1]));
      }
    } else console.warn('skipped: docker build --ssh: there is no ssh-agent');
    expect(dockerBuild(['--no-cache', place]).text).toContain('unset ssh forward key default');
  });

  test('builds without attestations, and says so to whoever wants them', () => {
    const place = builder.context('attested', { Dockerfile: 'FROM busybox\nENV A=attested\n' });
    for (const asked of ['--provenance=true', '--provenance=mode=max', '--sbom=true']) {
      const { text, status } = run(['docker', 'buildx', 'build', asked, place]);
      expect(text).toContain('is not supported: images are made without attestations');
      expect(status).toBe(0);
    }
    for (const asked of ['--provenance=false', '--sbom=false', '--load']) {
      const { text, status } = run(['docker', 'buildx', 'build', asked, place]);
      expect(text).not.toContain('attestations');
      expect(status).toBe(0);
    }
  });

  test('bakes a target upon another one', async () => {
    const place = builder.context('bake', {
      'docker-bake.json': JSON.stringify({
        target: {
          base: { 'dockerfile-inline': 'FROM busybox\nRUN echo baked >/base\n' },
          top: {
            'dockerfile-inline': 'FROM base\nCOPY file /\n',
            contexts: { base: 'target:base' },
            tags: ['baked'],
          },
        },
      }),
      file: 'f',
    });
    const { text, status } = run(['docker', 'buildx', 'bake', 'top'], { cwd: place });
    expect(text).not.toContain('ERROR');
    expect(status).toBe(0);
    expect(await fileIn('baked', '/base')).toBe('baked\n');
  });

  test('lists the cache and prunes it', () => {
    const place = builder.context('pruned', {
      Dockerfile: 'FROM busybox\nCOPY f /\nRUN echo pruned-step\n',
      f: 'f',
    });
    expect(dockerBuild([place]).status).toBe(0);
    const listed = run(['docker', 'buildx', 'du', '--verbose']);
    expect(listed.text).toContain('RUN echo pruned-step');
    expect(listed.text).toContain('copy of a build context');
    expect(run(['docker', 'buildx', 'prune', '-f', '--filter', 'id=x']).text).toContain('not supported');
    expect(run(['docker', 'buildx', 'prune', '-af']).text).toMatch(/Total:\s+[1-9]/);
    expect(run(['docker', 'buildx', 'du']).text).toMatch(/Total:\s+0B/);
    expect(dockerBuild([place]).text).not.toContain('CACHED');
  });

  test('gives the image’s id', () => {
    const place = builder.context('quiet', { Dockerfile: 'FROM busybox\nENV A=1\n' });
    const { out } = dockerBuild(['-q', place]);
    const id = join(builder.place, 'iid');
    dockerBuild(['--iidfile', id, place]);
    expect(readFileSync(id, 'utf8')).toBe(out.trim());
    expect(run(['docker', 'image', 'inspect', out.trim()]).status).toBe(0);
  });

  test('takes named contexts', async () => {
    const place = builder.context('contexts/main', { Dockerfile: 'FROM busybox\nCOPY --from=lib f /f\n' });
    const lib = builder.context('contexts/lib', { f: 'from lib', '.dockerignore': 'none' });
    const built = dockerBuild(['-t', 'contexts', '--build-context', `lib=${lib}`, place]);
    expect(built.text).not.toContain('ERROR');
    expect(await fileIn('contexts', '/f')).toBe('from lib');
  });
});

describe.skipIf(noCompose !== undefined)('docker compose build', () => {
  test('builds a project’s images, one upon another', async () => {
    const place = builder.context('composed', {
      'compose.yaml': [
        'name: composed',
        'services:',
        '  base:',
        '    build: {context: ., dockerfile_inline: "FROM busybox\\nRUN echo base >/base\\n"}',
        '  app:',
        '    build:',
        '      context: ./app',
        '      args: {WHO: compose}',
        '      additional_contexts: {base: "service:base"}',
        '      secrets: [word]',
        'secrets:',
        '  word: {environment: WORD}',
        '',
      ].join('\n'),
      'app/Dockerfile':
        'FROM base\nARG WHO\nRUN --mount=type=secret,id=word echo "$WHO $(cat /run/secrets/word)" >/who\n',
    });
    const env = { WORD: 'spoken' };
    const { text, status } = run(['docker-compose', 'build'], { cwd: place, env });
    expect(text).not.toContain('ERROR');
    expect(status).toBe(0);
    expect(await fileIn('composed-app', '/who')).toBe('compose spoken\n');
    expect(await fileIn('composed-app', '/base')).toBe('base\n');
    expect(existsSync(join(builder.engine.root, 'lib/build/contexts'))).toBe(true);
  });

  test('goes on without provenance and sbom', () => {
    const build = 'dockerfile_inline: "FROM busybox\\nENV A=composed\\n"';
    const place = builder.context('composed-attested', {
      'compose.yaml': `services: {a: {build: {${build}, provenance: mode=max, sbom: true}}}\n`,
    });
    const { text, status } = run(['docker-compose', 'build', '--provenance=true'], { cwd: place });
    expect(text).toContain('is not supported: images are made without attestations');
    expect(status).toBe(0);
  });
});
