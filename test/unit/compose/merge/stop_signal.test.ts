import { mergeCases } from './attribute.ts';

mergeCases('stop_signal', [['the override replaces', 'one', 'two', 'two']]);
