import { mergeCases } from './attribute.ts';

mergeCases('cpuset', [['the override replaces', 'one', 'two', 'two']]);
