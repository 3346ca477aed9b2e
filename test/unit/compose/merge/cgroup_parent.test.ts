import { mergeCases } from './attribute.ts';

mergeCases('cgroup_parent', [['the override replaces', 'one', 'two', 'two']]);
