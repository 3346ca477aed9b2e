import { mergeCases } from './attribute.ts';

mergeCases('ipc', [['the override replaces', 'one', 'two', 'two']]);
