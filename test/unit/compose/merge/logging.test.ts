import { mergeCases } from './attribute.ts';

mergeCases('logging', [
  [
    'options of one driver merge',
    '{driver: d, options: {a: 1}}',
    '{driver: d, options: {b: 2}}',
    '{driver: d, options: {a: 1, b: 2}}',
  ],
  [
    'another driver replaces all',
    '{driver: d, options: {a: 1}}',
    '{driver: e, options: {b: 2}}',
    '{driver: e, options: {b: 2}}',
  ],
  [
    'without a driver the options merge',
    '{driver: d, options: {a: 1}}',
    '{options: {a: 2}}',
    '{driver: d, options: {a: 2}}',
  ],
]);
