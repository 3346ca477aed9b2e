import { mergeCases } from './attribute.ts';

mergeCases('scale', [['the override replaces', '10', '"20"', '"20"']]);
