import { mergeCases } from './attribute.ts';

mergeCases('cap_add', [['lists append, each item once', '[a, b]', '[b, c]', '[a, b, c]']]);
