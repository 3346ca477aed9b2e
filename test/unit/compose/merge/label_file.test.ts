import { mergeCases } from './attribute.ts';

mergeCases('label_file', [['strings become lists, each file once', 'one', '[two, one]', '[one, two]']]);
