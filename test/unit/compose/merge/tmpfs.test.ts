import { mergeCases } from './attribute.ts';

mergeCases('tmpfs', [
  ['lists append, each path once', '[/a, /b]', '[/c, /a]', '[/a, /b, /c]'],
  ['strings are lists of one', '/a', '/b', '[/a, /b]'],
]);
