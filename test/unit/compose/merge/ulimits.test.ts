import { mergeCases } from './attribute.ts';

mergeCases('ulimits', [
  [
    'each limit is replaced whole',
    '{nofile: {soft: 1, hard: 2}, nproc: 3}',
    '{nofile: {soft: 3}, nproc: {soft: 1, hard: 2}}',
    '{nofile: {soft: 3}, nproc: {soft: 1, hard: 2}}',
  ],
]);
