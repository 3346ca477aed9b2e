import { mergeCases } from './attribute.ts';

mergeCases('device_cgroup_rules', [['lists append', '[a, b]', '[b, c]', '[a, b, b, c]']]);

mergeCases('devices', [
  [
    'the same target is one device',
    '["/dev/a:/dev/x", /dev/b]',
    '["/dev/c:/dev/x", {source: /dev/d, target: /dev/b}]',
    '["/dev/c:/dev/x", {source: /dev/d, target: /dev/b}]',
  ],
]);

mergeCases('gpus', [['requests append', '[{count: 1}]', '[{count: 2}]', '[{count: 1}, {count: 2}]']]);
