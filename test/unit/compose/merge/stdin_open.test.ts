import { mergeCases } from './attribute.ts';

mergeCases('stdin_open', [['the override replaces', 'true', 'false', 'false']]);
