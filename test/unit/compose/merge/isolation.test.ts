import { mergeCases } from './attribute.ts';

mergeCases('isolation', [['the override replaces', 'one', 'two', 'two']]);
