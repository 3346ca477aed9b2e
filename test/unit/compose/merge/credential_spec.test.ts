import { mergeCases } from './attribute.ts';

mergeCases('credential_spec', [['mappings merge', '{file: a}', '{config: b}', '{file: a, config: b}']]);
