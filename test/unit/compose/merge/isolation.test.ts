import { mergeCases } from './attribute.ts';

for (const name of ['cap_add', 'cap_drop'])
  mergeCases(name, [['lists append, each item once', '[a, b]', '[b, c]', '[a, b, c]']]);

for (const name of ['ipc', 'pid', 'userns_mode', 'uts'])
  mergeCases(name, [['the override replaces', 'one', 'two', 'two']]);

mergeCases('privileged', [['the override replaces', 'true', 'false', 'false']]);

mergeCases('security_opt', [['lists append', '[a, b]', '[b, c]', '[a, b, b, c]']]);

mergeCases('sysctls', [
  ['lists append, the last of a key wins in the first place', '[A=1, B=2]', '[C=3, A=4]', '[A=4, B=2, C=3]'],
  ['mappings become lists with sorted keys', '{B: 2, A: 1}', '{C: null, A: 3}', '[A=3, B=2, C]'],
  ['a mapping over a list', '[A=1]', '{A: 2, B: ""}', '[A=2, B=]'],
  ['a list over a mapping', '{A: true, B: 1.5}', '[C]', '[A=true, B=1.5, C]'],
]);
