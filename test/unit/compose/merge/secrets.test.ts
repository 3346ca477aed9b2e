import { mergeCases } from './attribute.ts';

mergeCases('secrets', [
  [
    'the same target is one secret',
    '[a, b]',
    '[{source: c, target: /run/secrets/a}]',
    '[{source: c, target: /run/secrets/a}, b]',
  ],
]);
