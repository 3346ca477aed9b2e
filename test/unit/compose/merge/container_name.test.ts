import { mergeCases } from './attribute.ts';

mergeCases('container_name', [['the override replaces', 'one', 'two', 'two']]);
