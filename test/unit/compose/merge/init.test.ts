import { mergeCases } from './attribute.ts';

mergeCases('init', [['the override replaces', 'true', 'false', 'false']]);
