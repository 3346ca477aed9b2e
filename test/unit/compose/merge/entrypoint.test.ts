import { mergeCases } from './attribute.ts';

mergeCases('entrypoint', [
  ['the override replaces', '[one, two]', 'three', 'three'],
  ['an empty string clears', 'one', '""', '""'],
]);
