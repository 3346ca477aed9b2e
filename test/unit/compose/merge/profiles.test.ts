import { mergeCases } from './attribute.ts';

mergeCases('profiles', [['lists append, each item once', '[a, b]', '[b, c]', '[a, b, c]']]);
