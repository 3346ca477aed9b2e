import { mergeCases } from './attribute.ts';

mergeCases('group_add', [['lists append', '[a, b]', '[b, c]', '[a, b, b, c]']]);
