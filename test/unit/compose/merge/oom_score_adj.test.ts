import { mergeCases } from './attribute.ts';

mergeCases('oom_score_adj', [['the override replaces', '10', '"20"', '"20"']]);
