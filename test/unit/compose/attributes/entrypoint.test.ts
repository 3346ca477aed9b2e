import { attribute } from './attribute.ts';
import { commandLineCases } from './shared-cases.ts';

attribute('entrypoint', commandLineCases('entrypoint'));
