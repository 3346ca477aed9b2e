import { mergeCases } from './attribute.ts';

mergeCases('platform', [['the override replaces', 'one', 'two', 'two']]);
