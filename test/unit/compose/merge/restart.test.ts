import { mergeCases } from './attribute.ts';

mergeCases('restart', [['the override replaces', 'one', 'two', 'two']]);
