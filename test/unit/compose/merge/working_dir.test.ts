import { mergeCases } from './attribute.ts';

mergeCases('working_dir', [['the override replaces', 'one', 'two', 'two']]);
