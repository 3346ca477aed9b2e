import { attribute } from './attribute.ts';
import { hookCases } from './shared-cases.ts';

attribute('pre_stop', hookCases('pre_stop'));
