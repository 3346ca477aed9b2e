import { mergeCases } from './attribute.ts';

mergeCases('runtime', [['the override replaces', 'one', 'two', 'two']]);
