import { mergeCases } from './attribute.ts';

mergeCases('build.secrets', [
  [
    'the same mount is one secret',
    '[a, {source: b, target: x}]',
    '[{source: c, target: x}]',
    '[a, {source: c, target: x}]',
  ],
]);
