import { mergeCases } from './attribute.ts';

mergeCases('build.extra_hosts', [
  ['lists append without repeats', '["a=1", "b=2"]', '["a=1", "a=3"]', '["a=1", "b=2", "a=3"]'],
]);
