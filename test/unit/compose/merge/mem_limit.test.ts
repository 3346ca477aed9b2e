import { mergeCases } from './attribute.ts';

mergeCases('mem_limit', [['the override replaces', '10m', '20m', '20m']]);
