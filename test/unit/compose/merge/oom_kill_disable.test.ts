import { mergeCases } from './attribute.ts';

mergeCases('oom_kill_disable', [['the override replaces', 'true', 'false', 'false']]);
