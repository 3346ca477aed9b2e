import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packBusybox, staticBusybox } from '../support/busybox.ts';
import { requirements } from '../support/cli.ts';
import { type Workbench, workbench } from '../support/project-dir.ts';

const busybox = staticBusybox();
const unmet =
  requirements({ containers: true, built: true }) ??
  (busybox === undefined ? 'needs a static busybox (busybox-static)' : undefined);

// What users of other builders stumble over.
describe.skipIf(unmet !== undefined)(`a build${unmet ? ` (skipped: ${unmet})` : ''}`, () => {
  let bench: Workbench;

  beforeAll(() => {
    bench = workbench();
    const tar = packBusybox(busybox!, bench.dir);
    expect(bench.run('image', 'import', tar, 'busybox:latest')).toMatchObject({ status: 0 });
  });

  afterAll(() => bench?.close('asks'));

  const project = (services: Readonly<Record<string, unknown>>, more = {}): void =>
    bench.write('compose.yaml', JSON.stringify({ name: 'asks', services, ...more }));
  const inline = (text: string) => ({ dockerfile_inline: text });

  it('has what it is made from, whatever profiles and names on the command line leave out', () => {
    project({
      base: { build: inline('FROM busybox\nRUN echo from-base >/b\n'), profiles: ['tools'] },
      middle: { build: inline('FROM asks-base\n'), profiles: ['tools'] },
      web: {
        build: {
          ...inline('FROM base\nCOPY --from=asks-middle /b /c\nRUN cat /c\n'),
          additional_contexts: { base: 'service:base' },
        },
        command: ['sleep', '1000'],
        stop_grace_period: '0s',
      },
    });
    const { status, stderr } = bench.run('--parallel', '1', 'build', 'web');
    expect(status, stderr).toBe(0);
    expect(stderr).toContain('web |   from-base');
    expect(bench.run('up', '-d', 'web').status).toBe(0);
    expect(bench.run('ps', '-a', '--services').stdout.trim()).toBe('web');
    bench.run('down');
  });

  it('says which stages it does not carry out', () => {
    const text = 'FROM busybox AS test\nRUN exit 1\nFROM busybox AS prod\nRUN true\nFROM prod\nRUN exit 1\n';
    project({ staged: { build: { ...inline(text), target: 'prod' } } });
    const { status, stderr } = bench.run('build');
    expect(status, stderr).toBe(0);
    expect(stderr).toContain('staged | stage test: not needed for prod\n');
    expect(stderr).toContain('staged | stage stage-2: not needed for prod\n');
    expect(stderr).not.toContain('stage prod: not needed');
    // An `up` that finds all as it was does not speak of it.
    expect(bench.run('up', '--no-start').stderr).not.toContain('not needed');
    bench.run('down');
  });

  it('says which services it would build, were it not for their profiles', () => {
    project({
      web: { build: inline('FROM busybox\n'), profiles: ['dev'] },
      job: { build: inline('FROM busybox\n'), profiles: ['ci'] },
    });
    expect(bench.run('build')).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(/No services to build: (?:web, job|job, web) are in profiles/),
    });
  });

  it('that was asked for is not replaced by what a registry has', () => {
    const image = 'registry.invalid/asks/web:1';
    project({ web: { build: inline('FROM busybox\n'), image, pull_policy: 'always', command: ['true'] } });
    const { status, stderr } = bench.run('up', '-d', '--build');
    expect(status, stderr).toBe(0);
    expect(stderr).toContain(`Image ${image}  Built`);
    expect(stderr).not.toContain('Pulling');
    bench.run('down', '--rmi', 'all');
  });

  it('takes its image along with one service, and leaves those of others and what nobody built', () => {
    project({
      gone: { build: inline('FROM busybox\nENV A=gone\n'), command: ['true'] },
      stays: { build: inline('FROM busybox\nENV A=stays\n'), command: ['true'] },
      plain: { image: 'busybox', command: ['true'] },
    });
    expect(bench.run('up', '--no-start').status).toBe(0);
    const images = () => bench.run('image', 'ls', '--format', '{{.Repository}}').stdout.trim().split('\n');
    expect(images()).toEqual(expect.arrayContaining(['asks-gone', 'asks-stays']));
    expect(bench.run('down', '--rmi', 'local', 'gone').status).toBe(0);
    expect(images()).not.toContain('asks-gone');
    expect(images()).toContain('asks-stays');
    expect(bench.run('ps', '-a', '--services').stdout.trim().split('\n').sort()).toEqual(['plain', 'stays']);
    bench.run('down', '--rmi', 'local');
    expect(images()).not.toContain('asks-stays');
    expect(images()).toContain('busybox');
  });

  it('waits for no pipe in the place of its Dockerfile or its ignore file', () => {
    project({ web: { build: './pipes' } });
    bench.write('pipes/Dockerfile', 'FROM busybox\nCOPY . /x\n');
    const ignore = join(bench.dir, 'pipes/.dockerignore');
    spawnSync('mkfifo', [ignore]);
    expect(bench.run('build')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('.dockerignore cannot be read: it is not a file'),
    });
    rmSync(ignore);
    rmSync(join(bench.dir, 'pipes/Dockerfile'));
    spawnSync('mkfifo', [join(bench.dir, 'pipes/Dockerfile')]);
    expect(bench.run('build')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('Dockerfile cannot be read: it is not a file'),
    });
  });

  it('names the line that leaves a file out, and the link that leads out', () => {
    project({ web: { build: './left' } });
    bench.write('left/Dockerfile', 'FROM busybox\nCOPY d/f /\n');
    bench.write('left/.dockerignore', '*.md\n\n# c\nd/\n');
    bench.write('left/d/f', '');
    expect(bench.run('build').stderr).toContain(
      'Line 4 of .dockerignore (d) leaves d/f out of the build context.',
    );
    rmSync(join(bench.dir, 'left/.dockerignore'));
    bench.write('req.txt', 'outside');
    for (const [name, target] of [
      ['req.txt', '../req.txt'],
      ['deep/req.txt', '../../req.txt'],
      ['abs.txt', '/nowhere/req.txt'],
    ] as const) {
      mkdirSync(join(bench.dir, 'left/deep'), { recursive: true });
      symlinkSync(target, join(bench.dir, 'left', name));
      bench.write('left/Dockerfile', `FROM busybox\nCOPY ${name} /\n`);
      const { status, stderr } = bench.run('build');
      expect(status).toBe(1);
      expect(stderr).toContain(`"/${name}": not found`);
      expect(stderr).toContain(
        `${name} is a link to ${target}, outside of the build context; additional_contexts`,
      );
    }
  });

  it('says what was hardly meant: an unchecked script, a lost argument, a secret that is not given', () => {
    bench.write('token', 'x');
    bench.write(
      'said/Dockerfile',
      `ARG V=0
FROM busybox
RUN <<X
true
echo "v=\${V}"
X
RUN <<X
set -e
true
true
X
RUN --mount=type=secret,id=tokn true
`,
    );
    project(
      { web: { build: { context: './said', args: { V: '1' }, secrets: ['token'] } } },
      { secrets: { token: { file: './token' } } },
    );
    const { status, stderr } = bench.run('build', '--check');
    expect(status, stderr).toBe(0);
    expect(stderr).toMatch(/only the last one is checked.*said\/Dockerfile:3/);
    expect(stderr).not.toContain('Dockerfile:7');
    expect(stderr).toMatch(/V is declared before the first FROM only and is empty here.*said\/Dockerfile:3/);
    expect(stderr).toMatch(/Secret tokn was not given to this build; given are: token.*said\/Dockerfile:12/);
  });

  it('opens a shell in what a failed command left, and leaves nothing of it', () => {
    project({ web: { build: './shell' } });
    bench.write(
      'shell/Dockerfile',
      'FROM busybox\nENV A=set\nWORKDIR /w\nRUN echo before >/before; mkdir /open; chmod 777 /open\nUSER alice\nRUN echo half >/open/half; exit 7\n',
    );
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [resolve('dist/tcompose.cjs'), 'build', '--debug-shell'],
      {
        cwd: bench.dir,
        env: { ...process.env, ...bench.env },
        encoding: 'utf8',
        input: 'cat /before /open/half; id -u; pwd; echo $A\n',
      },
    );
    expect(stdout).toBe('before\nhalf\n1000\n/w\nset\n');
    expect(stderr).toContain('exit code: 7');
    expect(status).toBe(1);
    expect(bench.run('container', 'ls', '-aq').stdout).toBe('');
    expect(bench.run('image', 'ls', '-aq', '--filter', 'dangling=true').stdout).toBe('');
  });
});
