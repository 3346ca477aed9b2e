import { describe, expect, it } from 'vitest';
import { compileRule, type RuleInput } from '../../../src/watch/rule.ts';

const rule = (more: Partial<RuleInput> = {}) =>
  compileRule({ service: 'web', action: 'sync', path: '/p/src', target: '/app', ...more });

describe('a rule', () => {
  it('is set off by its path and what lies below it, and by nothing beside it', () => {
    const { triggers } = rule();
    expect(['/p/src', '/p/src/a', '/p/src/a/b.js', '/p/srcs', '/p/other', '/p'].map(triggers)).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  it('for a single file puts it at the target itself', () => {
    const { triggers, targetOf } = rule({ path: '/p/app.conf', target: '/etc/app.conf' });
    expect(triggers('/p/app.conf')).toBe(true);
    expect(triggers('/p/app.conf.bak')).toBe(false);
    expect(targetOf('/p/app.conf')).toBe('/etc/app.conf');
  });

  it.each([
    ['/p/src', '/app/', '/app'],
    ['/p/src/a/b', '/app/', '/app/a/b'],
    ['/p/src/a', 'app', '/app/a'],
    ['/p/src/a', '/', '/a'],
    ['/p/src/a', '/x/../app', '/app/a'],
  ])('puts %s below %s at %s', (path, target, expected) => {
    expect(rule({ target }).targetOf(path)).toBe(expected);
  });

  it('ignores what editors leave, and .git at any depth', () => {
    const { triggers, reaches } = rule();
    for (const name of [
      '.git',
      '.git/index',
      'sub/.git/HEAD',
      '4913',
      'a~',
      '.a.js.swp',
      '.#a',
      '#a#',
      'a___jb_tmp___',
      '.DS_Store',
    ])
      expect([name, triggers(`/p/src/${name}`)]).toEqual([name, false]);
    expect(reaches('/p/src/.git')).toBe(false);
    expect(triggers('/p/src/.gitignore')).toBe(true);
  });

  it('lets ignore win over include, both relative to its path', () => {
    const { triggers, reaches } = rule({ include: ['*.js', 'lib'], ignore: ['lib/tmp', 'b.js'] });
    const shown = ['a.js', 'b.js', 'a.css', 'lib/x.css', 'lib/tmp/y', 'sub/a.js'];
    expect(shown.filter((name) => triggers(`/p/src/${name}`))).toEqual(['a.js', 'lib/x.css']);
    expect(['lib', 'lib/tmp', 'sub'].filter((name) => reaches(`/p/src/${name}`))).toEqual(['lib']);
  });

  it('takes the build ignore file from its context, exceptions and whitelists included', () => {
    const { triggers, reaches } = rule({
      dockerignore: { context: '/p', patterns: ['*', '!src/app', '!src/*.json', 'src/app/tmp'] },
    });
    const names = ['app/a.js', 'app/tmp/b', 'c.json', 'd.js'];
    expect(names.filter((name) => triggers(`/p/src/${name}`))).toEqual(['app/a.js', 'c.json']);
    expect(['/p/src', '/p/src/app', '/p/src/app/tmp', '/p/src/other'].filter(reaches)).toEqual([
      '/p/src',
      '/p/src/app',
    ]);
  });

  it('leads to its path from the directories above', () => {
    const { reaches } = rule();
    expect(['/', '/p', '/p/src', '/p/src/a', '/p/other'].filter(reaches)).toEqual([
      '/',
      '/p',
      '/p/src',
      '/p/src/a',
    ]);
  });

  it('does not copy what describes the service, unless that is what it is for', () => {
    const described = ['/p/src/compose.yaml', '/p/src/Dockerfile'];
    expect(rule({ described }).targetOf('/p/src/Dockerfile')).toBeUndefined();
    expect(rule({ described }).triggers('/p/src/Dockerfile')).toBe(true);
    expect(rule({ described, path: '/p/src/Dockerfile' }).targetOf('/p/src/Dockerfile')).toBe('/app');
  });

  it('neither copies what a bind mount shows, nor through one', () => {
    const mounts = [
      { source: '/p/src/live', target: '/elsewhere' },
      { source: '/data', target: '/app/data' },
    ];
    const { targetOf } = rule({ mounts });
    expect(targetOf('/p/src/live/a')).toBeUndefined();
    expect(targetOf('/p/src/data/a')).toBeUndefined();
    expect(targetOf('/p/src/a')).toBe('/app/a');
  });

  it('takes names that are not UTF-8', () => {
    expect(rule().targetOf('/p/src/\xff')).toBe('/app/\xff');
    expect(rule({ ignore: ['ä'] }).triggers(`/p/src/${Buffer.from('ä').toString('latin1')}`)).toBe(false);
  });
});
