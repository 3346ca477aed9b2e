import { mergeCases } from './attribute.ts';

mergeCases('mac_address', [['the override replaces', 'one', 'two', 'two']]);
