import { mergeCases } from './attribute.ts';

mergeCases('uts', [['the override replaces', 'one', 'two', 'two']]);
