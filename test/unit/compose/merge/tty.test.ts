import { mergeCases } from './attribute.ts';

mergeCases('tty', [['the override replaces', 'true', 'false', 'false']]);
