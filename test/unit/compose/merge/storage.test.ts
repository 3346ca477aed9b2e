import { mergeCases } from './attribute.ts';

mergeCases('configs', [
  [
    'the same target is one config',
    '[a, {source: b, target: /x}]',
    '[{source: c, target: /x}, a]',
    '[a, {source: c, target: /x}]',
  ],
  ['a name stands for /name', '[a]', '[{source: b, target: /a}]', '[{source: b, target: /a}]'],
]);

mergeCases('read_only', [['the override replaces', 'true', 'false', 'false']]);

mergeCases('secrets', [
  [
    'the same target is one secret',
    '[a, b]',
    '[{source: c, target: /run/secrets/a}]',
    '[{source: c, target: /run/secrets/a}, b]',
  ],
]);

mergeCases('shm_size', [['the override replaces', '10m', '20m', '20m']]);

mergeCases('storage_opt', [['mappings merge', '{size: 1g}', '{size: 2g, other: x}', '{size: 2g, other: x}']]);

mergeCases('tmpfs', [
  ['lists append, each path once', '[/a, /b]', '[/c, /a]', '[/a, /b, /c]'],
  ['strings are lists of one', '/a', '/b', '[/a, /b]'],
]);

mergeCases('volumes', [
  [
    'the same target is one volume, short or long',
    '["./a:/x", data:/y]',
    '["./b:/x:ro", {type: tmpfs, target: /y}, /z]',
    '["./b:/x:ro", {type: tmpfs, target: /y}, /z]',
  ],
  ['other targets append', '[a:/a]', '[b:/b]', '[a:/a, b:/b]'],
]);

mergeCases('volumes_from', [['lists append', '[a, b]', '[b, c]', '[a, b, b, c]']]);
