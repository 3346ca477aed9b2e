import { mergeCases } from './attribute.ts';

mergeCases('pids_limit', [['the override replaces', '10', '"20"', '"20"']]);
