import { mergeCases } from './attribute.ts';

mergeCases('security_opt', [['lists append', '[a, b]', '[b, c]', '[a, b, b, c]']]);
