import { mergeCases } from './attribute.ts';

mergeCases('memswap_limit', [['the override replaces', '10', '"20"', '"20"']]);
