import { mergeCases } from './attribute.ts';

mergeCases('configs', [
  [
    'the same target is one config',
    '[a, {source: b, target: /x}]',
    '[{source: c, target: /x}, a]',
    '[a, {source: c, target: /x}]',
  ],
  ['a name stands for /name', '[a]', '[{source: b, target: /a}]', '[{source: b, target: /a}]'],
]);
