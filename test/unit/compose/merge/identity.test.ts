import { mergeCases } from './attribute.ts';

for (const name of ['annotations', 'labels'])
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

for (const name of [
  'container_name',
  'domainname',
  'hostname',
  'image',
  'isolation',
  'platform',
  'pull_policy',
  'pull_refresh_after',
  'runtime',
])
  mergeCases(name, [['the override replaces', 'one', 'two', 'two']]);

mergeCases('credential_spec', [['mappings merge', '{file: a}', '{config: b}', '{file: a, config: b}']]);

mergeCases('extends', [['mappings merge', '{service: a, file: f}', '{service: b}', '{service: b, file: f}']]);

mergeCases('label_file', [['strings become lists, each file once', 'one', '[two, one]', '[one, two]']]);

mergeCases('models', [
  ['lists become mappings', '[a]', '{b: {endpoint_var: E}}', '{a: null, b: {endpoint_var: E}}'],
]);

mergeCases('profiles', [['lists append, each item once', '[a, b]', '[b, c]', '[a, b, c]']]);

mergeCases('provider', [
  ['mappings merge', '{type: a, options: {x: 1}}', '{options: {y: 2}}', '{type: a, options: {x: 1, y: 2}}'],
]);

mergeCases('scale', [['the override replaces', '10', '"20"', '"20"']]);
