import { mergeCases } from './attribute.ts';

mergeCases('blkio_config', [
  [
    'mappings merge, lists append',
    '{weight: 10, weight_device: [{path: /a, weight: 1}]}',
    '{weight: 20, weight_device: [{path: /a, weight: 2}]}',
    '{weight: 20, weight_device: [{path: /a, weight: 1}, {path: /a, weight: 2}]}',
  ],
]);

for (const name of ['cgroup', 'cgroup_parent'])
  mergeCases(name, [['the override replaces', 'one', 'two', 'two']]);

for (const name of ['mem_limit', 'mem_reservation'])
  mergeCases(name, [['the override replaces', '10m', '20m', '20m']]);

for (const name of ['mem_swappiness', 'memswap_limit', 'oom_score_adj', 'pids_limit'])
  mergeCases(name, [['the override replaces', '10', '"20"', '"20"']]);

mergeCases('oom_kill_disable', [['the override replaces', 'true', 'false', 'false']]);

mergeCases('ulimits', [
  [
    'each limit is replaced whole',
    '{nofile: {soft: 1, hard: 2}, nproc: 3}',
    '{nofile: {soft: 3}, nproc: {soft: 1, hard: 2}}',
    '{nofile: {soft: 3}, nproc: {soft: 1, hard: 2}}',
  ],
]);
