import { mergeCases } from './attribute.ts';

mergeCases('pid', [['the override replaces', 'one', 'two', 'two']]);
