import { mergeCases } from './attribute.ts';

mergeCases('build.platforms', [['lists append, each item once', '[a, b]', '[b, c]', '[a, b, c]']]);
