import { mergeCases } from './attribute.ts';

mergeCases('privileged', [['the override replaces', 'true', 'false', 'false']]);
