import { mergeCases } from './attribute.ts';

mergeCases('command', [
  ['the override replaces, whatever the forms', 'one two', '[three]', '[three]'],
  ['an empty list clears', '[one]', '[]', '[]'],
]);
