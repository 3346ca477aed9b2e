import { mergeCases } from './attribute.ts';

mergeCases('blkio_config', [
  [
    'mappings merge, lists append',
    '{weight: 10, weight_device: [{path: /a, weight: 1}]}',
    '{weight: 20, weight_device: [{path: /a, weight: 2}]}',
    '{weight: 20, weight_device: [{path: /a, weight: 1}, {path: /a, weight: 2}]}',
  ],
]);
