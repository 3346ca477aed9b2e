import { mergeCases } from './attribute.ts';

mergeCases('post_start', [
  ['hooks append', '[{command: a}]', '[{command: a}]', '[{command: a}, {command: a}]'],
]);
