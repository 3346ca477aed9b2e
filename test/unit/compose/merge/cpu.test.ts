import { mergeCases } from './attribute.ts';

for (const name of [
  'cpu_count',
  'cpu_percent',
  'cpu_period',
  'cpu_quota',
  'cpu_rt_period',
  'cpu_rt_runtime',
  'cpu_shares',
  'cpus',
])
  mergeCases(name, [['the override replaces', '10', '"20"', '"20"']]);

mergeCases('cpuset', [['the override replaces', 'one', 'two', 'two']]);
