import { mergeCases } from './attribute.ts';

mergeCases('cpu_period', [['the override replaces', '10', '"20"', '"20"']]);
