import { mergeCases } from './attribute.ts';

mergeCases('build.entitlements', [['lists append', '[a, b]', '[b, c]', '[a, b, b, c]']]);
