import { mergeCases } from './attribute.ts';

mergeCases('cpus', [['the override replaces', '10', '"20"', '"20"']]);
