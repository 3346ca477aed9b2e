import { mergeCases } from './attribute.ts';

mergeCases('build.additional_contexts', [
  ['lists append, the last of a key wins in the first place', '[A=1, B=2]', '[C=3, A=4]', '[A=4, B=2, C=3]'],
  ['mappings become lists with sorted keys', '{B: 2, A: 1}', '{C: null, A: 3}', '[A=3, B=2, C]'],
  ['a mapping over a list', '[A=1]', '{A: 2, B: ""}', '[A=2, B=]'],
  ['a list over a mapping', '{A: true, B: 1.5}', '[C]', '[A=true, B=1.5, C]'],
]);
