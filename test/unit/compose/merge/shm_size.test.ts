import { mergeCases } from './attribute.ts';

mergeCases('shm_size', [['the override replaces', '10m', '20m', '20m']]);
