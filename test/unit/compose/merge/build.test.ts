import { mergeCases } from './attribute.ts';

for (const name of ['build.additional_contexts', 'build.args', 'build.labels'])
  mergeCases(name, [
    [
      'lists append, the last of a key wins in the first place',
      '[A=1, B=2]',
      '[C=3, A=4]',
      '[A=4, B=2, C=3]',
    ],
    ['mappings become lists with sorted keys', '{B: 2, A: 1}', '{C: null, A: 3}', '[A=3, B=2, C]'],
    ['a mapping over a list', '[A=1]', '{A: 2, B: ""}', '[A=2, B=]'],
    ['a list over a mapping', '{A: true, B: 1.5}', '[C]', '[A=true, B=1.5, C]'],
  ]);

for (const name of ['build.cache_from', 'build.cache_to', 'build.entitlements', 'build.platforms'])
  mergeCases(name, [['lists append', '[a, b]', '[b, c]', '[a, b, b, c]']]);

mergeCases('build.extra_hosts', [
  ['lists append without repeats', '["a=1", "b=2"]', '["a=1", "a=3"]', '["a=1", "b=2", "a=3"]'],
]);

mergeCases('build.secrets', [
  [
    'the same mount is one secret',
    '[a, {source: b, target: x}]',
    '[{source: c, target: x}]',
    '[a, {source: c, target: x}]',
  ],
]);

mergeCases('build.tags', [['lists append, each item once', '[a, b]', '[b, c]', '[a, b, c]']]);

mergeCases('build.ulimits', [
  [
    'each limit is replaced whole',
    '{nofile: {soft: 1, hard: 2}}',
    '{nofile: {soft: 3}, nproc: 4}',
    '{nofile: {soft: 3}, nproc: 4}',
  ],
]);

mergeCases('build', [
  ['strings are contexts', './a', './b', '{context: ./b}'],
  ['a mapping over a string', './a', '{dockerfile: D}', '{context: ./a, dockerfile: D}'],
  ['a string over a mapping', '{context: ./a, target: t}', './b', '{context: ./b, target: t}'],
]);
