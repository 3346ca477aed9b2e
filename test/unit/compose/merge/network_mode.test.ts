import { mergeCases } from './attribute.ts';

mergeCases('network_mode', [['the override replaces', 'one', 'two', 'two']]);
