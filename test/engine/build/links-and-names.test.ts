import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Builder, startBuilder, whyNoBuilder } from './builder.ts';

const unmet = whyNoBuilder();
if (unmet !== undefined) console.warn(`skipped: links as targets of COPY: ${unmet}`);

// What BuildKit 0.25 (Docker 28.5.2) makes of the same.
describe.skipIf(unmet !== undefined)('a build', () => {
  let builder: Builder;

  const build = (text: string, files: Readonly<Record<string, string>> = {}) =>
    builder.build({
      text: `FROM busybox\n${text}`,
      context: builder.context(`case-${Math.random().toString(36).slice(2)}`, files),
    });

  beforeAll(async () => {
    builder = await startBuilder();
  });

  afterAll(async () => {
    expect(await builder?.close()).toEqual([]);
  });

  it.each([
    [
      'an absolute link',
      'ln -s /nowhere /l',
      'COPY a /l',
      'cat /nowhere && readlink /l',
      ['new', '/nowhere'],
    ],
    ['a chain of links', 'ln -s l2 /l && ln -s sub/deep/f /l2', 'COPY a /l', 'cat /sub/deep/f', ['new']],
    [
      'a relative link',
      'mkdir -p /a/b && ln -s ../../c/f /a/b/l && ln -s /a/b /d',
      'COPY a /d/l',
      'cat /c/f',
      ['new'],
    ],
  ])('puts a file where %s that leads nowhere points', async (_what, before, copy, look, lines) => {
    const built = await build(`RUN ${before}\n${copy}\nRUN ${look}\n`, { a: 'new\n' });
    expect(built.error).toBeUndefined();
    expect(built.output).toEqual(lines);
  });

  it('says so where links lead to one another', async () => {
    const { error } = await build('RUN ln -s l2 /l1 && ln -s l1 /l2\nCOPY a /l1\n', { a: 'new' });
    expect(error?.message).toContain('too many links at /l1');
  });

  it('gives directories that are made on the way the mode of --chmod only where that is a number', async () => {
    const { output, error } = await build(
      'COPY --chmod=u=rw,g= d /symbolic\nCOPY --chmod=750 a /octal/\nCOPY --chmod=g=u a /new/deep/\n' +
        'RUN stat -c "%a %n" symbolic symbolic/f octal octal/a new new/deep new/deep/a\n',
      { a: 'new\n', 'd/f': 'f' },
    );
    expect(error).toBeUndefined();
    expect(output).toEqual([
      '755 symbolic',
      '604 symbolic/f',
      '750 octal',
      '750 octal/a',
      '755 new',
      '755 new/deep',
      '664 new/deep/a',
    ]);
  });

  it('refuses a pattern that matches a link to nothing, or a loop of links', async () => {
    const files = { a: 'a' };
    const linked = async (text: string) => {
      const context = builder.context(`links-${text}`, files);
      symlinkSync(text, join(context, 'link'));
      return builder.build({ text: 'FROM busybox\nCOPY l* /to/\n', context });
    };
    expect((await linked('nothing')).error?.message).toContain('"/link": not found');
    expect((await linked('link')).error?.message).toContain('too many links');
    expect((await linked('a')).error).toBeUndefined();
  });

  it('gives directories that are made in one with a group of its own that group', async () => {
    const { output, error } = await build(
      'RUN mkdir /s && chown 0:77 /s && chmod 2777 /s\nCOPY a /s/copy/deep/\nCOPY --chown=5:6 a /s/owned/\n' +
        'WORKDIR /s/work/deep\nUSER 8:9\nWORKDIR /s/user\n' +
        'RUN cd /s && stat -c "%a %u %g %n" copy copy/deep owned work work/deep user\n',
      { a: 'new' },
    );
    expect(error).toBeUndefined();
    expect(output).toEqual([
      '2755 0 77 copy',
      '2755 0 77 copy/deep',
      '2755 5 6 owned',
      '2755 0 77 work',
      '2755 0 77 work/deep',
      '2755 8 9 user',
    ]);
  });

  it.each([
    ['a common image', 'FROM busybxo\n', 'busybox'],
    ['a stage', 'FROM scratch AS tools\nFROM scratch\nCOPY --from=tolls a b\n', 'tools'],
  ])('that cannot get an image says which name of %s was perhaps meant', async (_what, text, meant) => {
    const { error } = await builder.build({ text });
    expect(error?.message).toMatch(new RegExp(`^\\w+: failed to resolve .* \\(did you mean ${meant}\\?\\)$`));
  });

  it('does not take an ignore file that is a link to nothing for none', async () => {
    const context = builder.context('ignored-by-nothing', {
      a: 'a',
      Dockerfile: 'FROM busybox\nCOPY . /a\n',
    });
    symlinkSync('nothing', join(context, '.dockerignore'));
    const { error } = await builder.build({ context });
    expect(error).toMatchObject({ code: 'BUILD_CONTEXT' });
    expect(error?.message).toContain('.dockerignore cannot be read: ENOENT');
  });

  it('runs nothing of a file in which a command has no words', async () => {
    const { output, error } = await build('RUN echo begun\nRUN []\n');
    expect(error?.message).toContain('arguments are required');
    expect(error?.where?.line).toBe(3);
    expect(output).toEqual([]);
  });

  it('names the command whose user is unknown', async () => {
    const { error } = await build('USER nosuch\nRUN true\n');
    expect(error?.message).toBe(
      'process "/bin/sh -c true" did not complete successfully: unable to find user nosuch: no matching entries in passwd file',
    );
  });

  it.each([
    ['of the stage itself', 'COPY --from=x /bin/busybox /x\n', 'circular dependency detected on stage: x'],
    ['behind it', 'COPY --from=y /f /x\nFROM busybox AS y\n', 'cannot copy from stage "y"'],
    [
      'behind it, of a mount',
      'RUN --mount=from=y,target=/m true\nFROM busybox AS y\n',
      'cannot mount from stage "y" to "/m"',
    ],
  ])('takes the last of stages with one name, also one %s', async (_what, text, message) => {
    const stages = `FROM busybox AS x\nFROM busybox AS y\nFROM busybox AS x\n${text}`;
    const { error } = await builder.build({ text: stages, target: 'x' });
    expect(error?.message).toContain(message);
  });
});
