import { attribute } from './attribute.ts';
import { keyValueCases } from './shared-cases.ts';

attribute('annotations', keyValueCases('annotations'));
