import { mergeCases } from './attribute.ts';

mergeCases('attach', [['the override replaces', 'true', 'false', 'false']]);
