import { mergeCases } from './attribute.ts';

mergeCases('userns_mode', [['the override replaces', 'one', 'two', 'two']]);
