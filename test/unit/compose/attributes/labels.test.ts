import { attribute } from './attribute.ts';
import { keyValueCases } from './shared-cases.ts';

attribute('labels', keyValueCases('labels'));
