import { mergeCases } from './attribute.ts';

mergeCases('pull_policy', [['the override replaces', 'one', 'two', 'two']]);
