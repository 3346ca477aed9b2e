import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fetchFromGit } from '../../../../src/cli/remote/git-remote.ts';
import { parseRemote } from '../../../../src/cli/remote/remote-reference.ts';

describe('a reference', () => {
  it.each([
    ['oci://reg:5/ns/app:1', { kind: 'oci', image: 'reg:5/ns/app:1' }],
    ['https://h/o/r.git', { remote: 'https://h/o/r.git', ref: 'HEAD', subdir: '', name: 'r' }],
    ['https://h/o/r.git#v1:a/b', { remote: 'https://h/o/r.git', ref: 'v1', subdir: 'a/b', name: 'r' }],
    ['https://h/r.git#:a', { ref: 'HEAD', subdir: 'a' }],
    ['https://h/r.git?ref=main&subdir=x', { remote: 'https://h/r.git', ref: 'main', subdir: 'x' }],
    ['git@h:o/r.git#b', { remote: 'git@h:o/r.git', ref: 'b', name: 'r' }],
    ['ssh://git@h:22/o/r', { remote: 'ssh://git@h:22/o/r', name: 'r' }],
    ['github.com/o/r#b', { remote: 'https://github.com/o/r', ref: 'b', name: 'r' }],
  ])('%s', (text, want) => expect(parseRemote(text)).toMatchObject(want));

  it.each(['compose.yaml', './git/x.git', 'https://h/compose.yaml', '/abs', '~/x'])('%s is none', (text) =>
    expect(parseRemote(text)).toBeUndefined(),
  );

  it('is read from any text', () =>
    fc.assert(fc.property(fc.string(), (text) => void parseRemote(`https://h/r.git${text}`))));
});

const hasGit = (() => {
  try {
    execFileSync('git', ['--version']);
    return true;
  } catch {
    return false;
  }
})();

describe.skipIf(!hasGit)(`a repository${hasGit ? '' : ' (skipped: needs git)'}`, () => {
  let scratch: string;
  let remote: string;
  let root: string;
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], {
      cwd: remote,
      encoding: 'utf8',
    });

  beforeAll(() => {
    scratch = mkdtempSync(join(tmpdir(), 'tcompose-test-'));
    remote = join(scratch, 'repo');
    root = join(scratch, 'cache');
    mkdirSync(join(remote, 'sub', 'deep'), { recursive: true });
    writeFileSync(join(remote, 'compose.yaml'), 'first');
    writeFileSync(join(remote, 'sub', 'docker-compose.yml'), 'sub');
    symlinkSync('/etc/passwd', join(remote, 'out.yaml'));
    git('init', '--quiet', '-b', 'main');
    git('add', '.');
    git('commit', '--quiet', '-m', 'one');
    git('tag', '-a', 'v1', '-m', 'v1');
    writeFileSync(join(remote, 'compose.yaml'), 'second');
    git('commit', '--quiet', '-am', 'two');
  });
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  const fetch = (ref = 'HEAD', subdir = '') =>
    fetchFromGit('R', { kind: 'git', remote, ref, subdir, name: 'repo' }, root, process.env);
  const read = async (...args: Parameters<typeof fetch>) => readFileSync(await fetch(...args), 'utf8');

  it('is had at a branch, a tag or a commit, and from a directory', async () => {
    expect(await read()).toBe('second');
    expect(await read('main')).toBe('second');
    expect(await read('v1')).toBe('first');
    expect(await read(git('rev-parse', 'v1^{commit}').trim())).toBe('first');
    expect(await read('v1', 'sub')).toBe('sub');
    expect(await read('v1', 'sub/docker-compose.yml')).toBe('sub');
  });

  it('is fetched once for a commit, and nothing is left of attempts', async () => {
    const [a, b] = await Promise.all([fetch('main'), fetch('HEAD')]);
    expect(a).toBe(b);
    for (const sha of readdirSync(join(root, 'git')))
      expect(readdirSync(join(root, 'git', sha))).toEqual(['repo']);
  });

  it.each([
    ['nope', '', 'does not contain ref nope'],
    ['--upload-pack=touch /tmp/x', '', 'begins with a dash'],
    ['main', '../x', 'leads out of the repository'],
    ['main', '/etc', 'leads out of the repository'],
    ['main', 'out.yaml', 'leads out of the repository'],
    ['main', 'sub/deep', 'there is no "sub/deep"'],
  ])('refuses ref %s and directory %j', async (ref, subdir, why) => {
    await expect(fetch(ref, subdir)).rejects.toMatchObject({
      code: 'COMPOSE_REMOTE',
      message: expect.stringContaining(why),
    });
  });

  it('that is not there leaves no cache behind', async () => {
    const gone = {
      kind: 'git',
      remote: join(scratch, 'gone'),
      ref: 'a'.repeat(40),
      subdir: '',
      name: 'gone',
    } as const;
    await expect(fetchFromGit('R', gone, root, process.env)).rejects.toMatchObject({
      code: 'COMPOSE_REMOTE',
    });
    expect(readdirSync(join(root, 'git', 'a'.repeat(40)))).toEqual([]);
  });
});
