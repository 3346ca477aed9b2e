import { mergeCases } from './attribute.ts';

mergeCases('extra_hosts', [
  ['lists append without repeats', '["a=1", "b=2"]', '["a=1", "a=3"]', '["a=1", "b=2", "a=3"]'],
  [
    'mappings become lists, several addresses several items',
    '{b: "2", a: ["1", "3"]}',
    '{a: "4"}',
    '["a=1", "a=3", "b=2", "a=4"]',
  ],
]);
