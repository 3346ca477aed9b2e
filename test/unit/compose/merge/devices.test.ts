import { mergeCases } from './attribute.ts';

mergeCases('devices', [
  [
    'the same target is one device',
    '["/dev/a:/dev/x", /dev/b]',
    '["/dev/c:/dev/x", {source: /dev/d, target: /dev/b}]',
    '["/dev/c:/dev/x", {source: /dev/d, target: /dev/b}]',
  ],
]);
