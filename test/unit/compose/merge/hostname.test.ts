import { mergeCases } from './attribute.ts';

mergeCases('hostname', [['the override replaces', 'one', 'two', 'two']]);
