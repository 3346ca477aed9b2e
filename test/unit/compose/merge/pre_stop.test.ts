import { mergeCases } from './attribute.ts';

mergeCases('pre_stop', [
  ['hooks append', '[{command: a}]', '[{command: a}]', '[{command: a}, {command: a}]'],
]);
