import { mergeCases } from './attribute.ts';

mergeCases('read_only', [['the override replaces', 'true', 'false', 'false']]);
