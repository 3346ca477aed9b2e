import { mergeCases } from './attribute.ts';

mergeCases('build.tags', [['lists append, each item once', '[a, b]', '[b, c]', '[a, b, c]']]);
