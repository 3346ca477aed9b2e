import { mergeCases } from './attribute.ts';

mergeCases('user', [['the override replaces', 'one', 'two', 'two']]);
