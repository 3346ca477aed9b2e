import { mergeCases } from './attribute.ts';

mergeCases('mem_reservation', [['the override replaces', '10m', '20m', '20m']]);
