import { mergeCases } from './attribute.ts';

mergeCases('pre_start', [
  ['hooks append', '[{command: a}]', '[{command: a}]', '[{command: a}, {command: a}]'],
]);
