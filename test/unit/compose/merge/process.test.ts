import { mergeCases } from './attribute.ts';

for (const name of ['attach', 'init', 'stdin_open', 'tty'])
  mergeCases(name, [['the override replaces', 'true', 'false', 'false']]);

mergeCases('command', [
  ['the override replaces, whatever the forms', 'one two', '[three]', '[three]'],
  ['an empty list clears', '[one]', '[]', '[]'],
]);

mergeCases('entrypoint', [
  ['the override replaces', '[one, two]', 'three', 'three'],
  ['an empty string clears', 'one', '""', '""'],
]);

mergeCases('env_file', [
  ['strings become lists', 'one', 'two', '[one, two]'],
  [
    'a file is named by its path, long or short',
    '[one, {path: two, required: true}]',
    '[{path: two, required: false}, {path: one}]',
    '[{path: one}, {path: two, required: false}]',
  ],
]);

mergeCases('environment', [
  ['lists append, the last of a key wins in the first place', '[A=1, B=2]', '[C=3, A=4]', '[A=4, B=2, C=3]'],
  ['mappings become lists with sorted keys', '{B: 2, A: 1}', '{C: null, A: 3}', '[A=3, B=2, C]'],
  ['a mapping over a list', '[A=1]', '{A: 2, B: ""}', '[A=2, B=]'],
  ['a list over a mapping', '{A: true, B: 1.5}', '[C]', '[A=true, B=1.5, C]'],
]);

mergeCases('group_add', [['lists append', '[a, b]', '[b, c]', '[a, b, b, c]']]);

for (const name of ['user', 'working_dir'])
  mergeCases(name, [['the override replaces', 'one', 'two', 'two']]);
