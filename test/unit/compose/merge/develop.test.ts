import { mergeCases } from './attribute.ts';

mergeCases('develop', [
  [
    'watch rules append',
    '{watch: [{path: a, action: sync, target: /a}]}',
    '{watch: [{path: a, action: rebuild}]}',
    '{watch: [{path: a, action: sync, target: /a}, {path: a, action: rebuild}]}',
  ],
]);
