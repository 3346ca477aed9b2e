import { mergeCases } from './attribute.ts';

mergeCases('image', [['the override replaces', 'one', 'two', 'two']]);
