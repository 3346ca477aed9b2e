import { mergeCases } from './attribute.ts';

mergeCases('stop_grace_period', [['the override replaces', '10s', '1m', '1m']]);
