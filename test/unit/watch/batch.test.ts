import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inOrder, isEmptyPlan, planBatch, type SyncItem } from '../../../src/watch/batch.ts';
import type { Change, ChangeKind } from '../../../src/watch/change.ts';
import { compileRule } from '../../../src/watch/rule.ts';

const change = (path: string, kind: ChangeKind = 'file'): Change => ({ path, kind, settled: true });
const rules = [
  compileRule({ service: 'web', action: 'sync', path: '/p/src', target: '/app/src' }),
  compileRule({ service: 'web', action: 'sync+restart', path: '/p/conf', target: '/etc/conf' }),
  compileRule({ service: 'web', action: 'rebuild', path: '/p/package.json' }),
  compileRule({
    service: 'api',
    action: 'sync+exec',
    path: '/p/src',
    target: '/srv',
    exec: { command: ['x'] },
  }),
  compileRule({ service: 'job', action: 'restart', path: '/p' }),
];

describe('a batch', () => {
  it('applies every rule that a path sets off', () => {
    const plan = planBatch(rules, [change('/p/src/a.js'), change('/p/conf/b'), change('/p/package.json')]);
    expect([...plan.rebuild.keys()]).toEqual(['web']);
    expect([...plan.restart.keys()].sort()).toEqual(['job', 'web']);
    expect(plan.restart.get('job')).toHaveLength(3);
    expect(plan.sync.get('web')?.map(({ target }) => target)).toEqual(['/app/src/a.js', '/etc/conf/b']);
    expect(plan.sync.get('api')?.map(({ target }) => target)).toEqual(['/srv/a.js']);
    expect(plan.exec.map(({ rule, changes }) => [rule.service, changes.length])).toEqual([['api', 1]]);
  });

  it('of nothing that concerns a rule is empty', () => {
    expect(isEmptyPlan(planBatch(rules, [change('/q'), change('/p/.git/index')]))).toBe(true);
  });

  it('runs a command once, however many files changed', () => {
    const plan = planBatch(rules, [change('/p/src/a'), change('/p/src/b')]);
    expect(plan.exec).toHaveLength(1);
  });

  it('takes away what is gone, deepest first, and makes directories before what is in them', () => {
    const kinds = fc.constantFrom<ChangeKind>('file', 'directory', 'gone', 'gone-directory');
    const paths = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.array(fc.tuple(paths, kinds)), (found) => {
        const items = found.map(
          ([parts, kind]): SyncItem => ({ source: parts.join('/'), target: `/${parts.join('/')}`, kind }),
        );
        const { gone, there } = inOrder(items);
        expect(gone.length + there.length).toBe(items.length);
        for (const [i, { target }] of gone.entries())
          for (const later of gone.slice(i + 1)) expect(later.target.startsWith(`${target}/`)).toBe(false);
        for (const [i, { target }] of there.entries())
          for (const later of there.slice(i + 1)) expect(target.startsWith(`${later.target}/`)).toBe(false);
      }),
    );
  });
});
