import { mergeCases } from './attribute.ts';

mergeCases('build.ulimits', [
  [
    'each limit is replaced whole',
    '{nofile: {soft: 1, hard: 2}}',
    '{nofile: {soft: 3}, nproc: 4}',
    '{nofile: {soft: 3}, nproc: 4}',
  ],
]);
