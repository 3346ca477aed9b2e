import { mergeCases } from './attribute.ts';

mergeCases('cpu_percent', [['the override replaces', '10', '"20"', '"20"']]);
