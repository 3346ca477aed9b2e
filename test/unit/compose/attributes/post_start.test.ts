import { attribute } from './attribute.ts';
import { hookCases } from './shared-cases.ts';

attribute('post_start', hookCases('post_start'));
