import { attribute } from './attribute.ts';
import { commandLineCases } from './shared-cases.ts';

attribute('command', commandLineCases('command'));
