import { mergeCases } from './attribute.ts';

mergeCases('cpu_rt_period', [['the override replaces', '10', '"20"', '"20"']]);
