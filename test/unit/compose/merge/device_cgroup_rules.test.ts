import { mergeCases } from './attribute.ts';

mergeCases('device_cgroup_rules', [['lists append', '[a, b]', '[b, c]', '[a, b, b, c]']]);
