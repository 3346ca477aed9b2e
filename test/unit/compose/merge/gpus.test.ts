import { mergeCases } from './attribute.ts';

mergeCases('gpus', [['requests append', '[{count: 1}]', '[{count: 2}]', '[{count: 1}, {count: 2}]']]);
