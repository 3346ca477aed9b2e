import { mergeCases } from './attribute.ts';

mergeCases('domainname', [['the override replaces', 'one', 'two', 'two']]);
