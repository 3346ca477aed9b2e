import { mergeCases } from './attribute.ts';

mergeCases('provider', [
  ['mappings merge', '{type: a, options: {x: 1}}', '{options: {y: 2}}', '{type: a, options: {x: 1, y: 2}}'],
]);
