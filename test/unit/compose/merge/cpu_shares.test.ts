import { mergeCases } from './attribute.ts';

mergeCases('cpu_shares', [['the override replaces', '10', '"20"', '"20"']]);
