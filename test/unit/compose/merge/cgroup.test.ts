import { mergeCases } from './attribute.ts';

mergeCases('cgroup', [['the override replaces', 'one', 'two', 'two']]);
