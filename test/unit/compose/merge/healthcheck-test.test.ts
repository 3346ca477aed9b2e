import { mergeCases } from './attribute.ts';

mergeCases('healthcheck.test', [['the override replaces', '[CMD, a]', 'b', 'b']]);
