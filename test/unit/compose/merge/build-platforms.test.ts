import { mergeCases } from './attribute.ts';

mergeCases('build.platforms', [['lists append', '[a, b]', '[b, c]', '[a, b, b, c]']]);
