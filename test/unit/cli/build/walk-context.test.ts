import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readIgnoreFile } from '../../../../src/build/ignore/ignore-file.ts';
import { listContexts } from '../../../../src/cli/build/list-context.ts';
import { walkContext } from '../../../../src/cli/build/walk-context.ts';
import type { Project } from '../../../../src/compose/model/project.ts';

let context: string;
beforeEach(() => {
  context = mkdtempSync(join(tmpdir(), 'tcompose-context-'));
});
afterEach(() => rmSync(context, { recursive: true }));

function put(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(context, path)), { recursive: true });
    writeFileSync(join(context, path), text);
  }
}

describe('the walk through a build context', () => {
  const walked = async (ignore: string): Promise<string[]> => {
    const seen: string[] = [];
    for await (const { path, size, excludedBy } of walkContext(context, readIgnoreFile(ignore)))
      seen.push(excludedBy === undefined ? `${path} ${size}` : `${path} -${excludedBy.line}`);
    return seen;
  };

  it('tells of each file, or the line that leaves it out; a directory that is left out is one entry', async () => {
    put({
      'b.txt': '12',
      'a/x.log': '1',
      'a/keep.log': '123',
      'node_modules/m/i.js': '1',
      'web/node_modules/i.js': '1',
    });
    symlinkSync('../outside', join(context, 'link'));
    expect(await walked('# comment\nnode_modules\n**/*.log\n!a/keep.log\n')).toEqual([
      'a/keep.log 3',
      'a/x.log -3',
      'b.txt 2',
      'link 0',
      'node_modules/ -2',
      'web/node_modules/i.js 1',
    ]);
  });

  it('enters what is left out where something below is taken back', async () => {
    put({ 'dist/a': '1', 'dist/keep/b': '1', 'other/c': '1' });
    expect(await walked('dist\n!dist/keep\nother')).toEqual(['dist/a -1', 'dist/keep/b 1', 'other/ -3']);
  });

  it('says which directory cannot be read', async () => {
    rmSync(context, { recursive: true });
    writeFileSync(context, '');
    await expect(walked('')).rejects.toMatchObject({ code: 'BUILD_CONTEXT' });
  });
});

describe('the list of a build context', () => {
  const list = async (services: object, excluded = false) => {
    const [out, err, warned]: string[][] = [[], [], []];
    const ctx = {
      write: (text: string) => out!.push(text),
      drained: async () => {},
      stderr: { write: (text: string) => err!.push(text) },
      warn: (text: string) => warned!.push(text),
    } as unknown as Parameters<typeof listContexts>[0];
    const project = { workingDir: context, services } as unknown as Project;
    await listContexts(ctx, project, Object.keys(services), { excluded });
    return { out: out!.join(''), err: err!.join(''), warned };
  };

  it('goes by the ignore file beside the Dockerfile, else by that of the context', async () => {
    put({ 'a.txt': '1', 'b.txt': '22', '.dockerignore': 'a*', 'x.Dockerfile.dockerignore': 'b.txt' });
    expect((await list({ web: { build: {} } })).out).toBe(
      '.dockerignore\nb.txt\nx.Dockerfile.dockerignore\n',
    );
    const own = await list({ web: { build: { dockerfile: 'x.Dockerfile' } } }, true);
    expect(own.out).toBe('b.txt\tx.Dockerfile.dockerignore:1 b.txt\n');
    expect(own.err).toBe('web: 3 files, 8B; 1 left out by x.Dockerfile.dockerignore\n');
    const inline = { web: { build: { dockerfile_inline: 'FROM x', dockerfile: 'x.Dockerfile' } } };
    expect((await list(inline, true)).out).toBe('a.txt\t.dockerignore:1 a*\n');
  });

  it('does not wait for a pipe in the ignore file’s place', async () => {
    execFileSync('mkfifo', [join(context, '.dockerignore')]);
    await expect(list({ web: { build: {} } })).rejects.toMatchObject({
      code: 'BUILD_CONTEXT',
      message: expect.stringContaining('.dockerignore cannot be read: it is not a file'),
    });
  });

  it('does not take a link to nothing in the ignore file’s place for none', async () => {
    symlinkSync('nothing', join(context, '.dockerignore'));
    await expect(list({ web: { build: {} } })).rejects.toMatchObject({
      code: 'BUILD_CONTEXT',
      message: expect.stringContaining('.dockerignore cannot be read: ENOENT'),
    });
  });

  it('names the service of each line when there are several, and passes over what is not here', async () => {
    put({ 'one/a': '1', 'two/b': '1' });
    const services = {
      one: { build: { context: join(context, 'one') } },
      two: { build: { context: join(context, 'two') } },
      far: { build: { context: 'https://example.com/x.git' } },
    };
    const { out, err, warned } = await list(services);
    expect(out).toBe('one: a\ntwo: b\n');
    expect(err).toBe('one: 1 file, 1B; no .dockerignore file\ntwo: 1 file, 1B; no .dockerignore file\n');
    expect(warned).toEqual([
      'the context of far, https://example.com/x.git, is not a directory of this machine',
    ]);
  });
});
