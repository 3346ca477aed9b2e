import { mergeCases } from './attribute.ts';

mergeCases('build', [
  ['strings are contexts', './a', './b', '{context: ./b}'],
  ['a mapping over a string', './a', '{dockerfile: D}', '{context: ./a, dockerfile: D}'],
  ['a string over a mapping', '{context: ./a, target: t}', './b', '{context: ./b, target: t}'],
]);
