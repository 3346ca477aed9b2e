import { mergeCases } from './attribute.ts';

mergeCases('cpu_count', [['the override replaces', '10', '"20"', '"20"']]);
