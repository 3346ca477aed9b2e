import { mergeCases } from './attribute.ts';

mergeCases('volumes', [
  [
    'the same target is one volume, short or long',
    '["./a:/x", data:/y]',
    '["./b:/x:ro", {type: tmpfs, target: /y}, /z]',
    '["./b:/x:ro", {type: tmpfs, target: /y}, /z]',
  ],
  ['other targets append', '[a:/a]', '[b:/b]', '[a:/a, b:/b]'],
]);
