import { mergeCases } from './attribute.ts';

mergeCases('volumes_from', [['lists append', '[a, b]', '[b, c]', '[a, b, b, c]']]);
