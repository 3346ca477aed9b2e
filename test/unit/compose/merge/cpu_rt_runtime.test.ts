import { mergeCases } from './attribute.ts';

mergeCases('cpu_rt_runtime', [['the override replaces', '10', '"20"', '"20"']]);
