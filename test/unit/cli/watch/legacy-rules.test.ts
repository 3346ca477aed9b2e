import { describe, expect, it } from 'vitest';
import { rulesOf } from '../../../../src/cli/watch/legacy-rules.ts';
import type { Service } from '../../../../src/compose/model/service.ts';

const service = (fields: object) => fields as unknown as Service;
const old = (rule: unknown) => service({ extensions: { 'x-develop': { watch: [rule] } } });

describe('rules of old spellings', () => {
  it('count, with a warning', () => {
    const { rules, warnings } = rulesOf(
      'web',
      old({ path: './src', action: 'sync', target: '/app', ignore: 'tmp', 'x-initialSync': true }),
      '/p',
    );
    expect(rules).toMatchObject([
      { path: '/p/src', action: 'sync', target: '/app', ignore: ['tmp'], initial_sync: true },
    ]);
    expect(warnings.map((one) => one.includes('deprecated'))).toEqual([true, true]);
  });

  it('don\u2019t count beside develop', () => {
    const both = service({
      develop: { watch: [{ path: '/p/a', action: 'restart' }] },
      extensions: { 'x-develop': { watch: [{ path: 'b', action: 'restart' }] } },
    });
    expect(rulesOf('web', both, '/p')).toEqual({ rules: both.develop?.watch, warnings: [] });
  });

  it.each([
    ['no rule', 'text'],
    ['no action', { path: 'a' }],
    ['an action that there is not', { path: 'a', action: 'copy' }],
    ['no target', { path: 'a', action: 'sync' }],
    ['no path', { action: 'restart' }],
  ])('are refused with %s', (_, rule) => {
    expect(() => rulesOf('web', old(rule), '/p')).toThrow('services.web.x-develop.watch[0]');
  });
});
