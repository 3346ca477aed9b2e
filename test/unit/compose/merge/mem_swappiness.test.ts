import { mergeCases } from './attribute.ts';

mergeCases('mem_swappiness', [['the override replaces', '10', '"20"', '"20"']]);
