import { mergeCases } from './attribute.ts';

mergeCases('pull_refresh_after', [['the override replaces', 'one', 'two', 'two']]);
