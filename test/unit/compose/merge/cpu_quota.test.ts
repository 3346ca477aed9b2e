import { mergeCases } from './attribute.ts';

mergeCases('cpu_quota', [['the override replaces', '10', '"20"', '"20"']]);
