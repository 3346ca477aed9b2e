import { mergeCases } from './attribute.ts';

mergeCases('env_file', [
  ['strings become lists', 'one', 'two', '[one, two]'],
  [
    'a file is named by its path, long or short',
    '[one, {path: two, required: true}]',
    '[{path: two, required: false}, {path: one}]',
    '[{path: one}, {path: two, required: false}]',
  ],
]);
