import { mergeCases } from './attribute.ts';

mergeCases('healthcheck', [
  [
    'mappings merge',
    '{interval: 1s, retries: 1}',
    '{interval: 2s, timeout: 3s}',
    '{interval: 2s, retries: 1, timeout: 3s}',
  ],
]);
