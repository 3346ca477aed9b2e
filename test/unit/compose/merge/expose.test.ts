import { mergeCases } from './attribute.ts';

mergeCases('expose', [
  [
    'ports append, each once, numbers or strings',
    '[3000, "4000"]',
    '["3000", 5000]',
    '["3000", "4000", 5000]',
  ],
]);
