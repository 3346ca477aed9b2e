import { mergeCases } from './attribute.ts';

mergeCases('storage_opt', [['mappings merge', '{size: 1g}', '{size: 2g, other: x}', '{size: 2g, other: x}']]);
