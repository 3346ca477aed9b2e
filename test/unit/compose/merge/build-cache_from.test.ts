import { mergeCases } from './attribute.ts';

mergeCases('build.cache_from', [['lists append', '[a, b]', '[b, c]', '[a, b, b, c]']]);
