import { mergeCases } from './attribute.ts';

mergeCases('extends', [['mappings merge', '{service: a, file: f}', '{service: b}', '{service: b, file: f}']]);
