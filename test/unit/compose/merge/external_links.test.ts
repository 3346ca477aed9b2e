import { mergeCases } from './attribute.ts';

mergeCases('external_links', [['lists append', '[a, b]', '[b, c]', '[a, b, b, c]']]);
