import { mergeCases } from './attribute.ts';

mergeCases('models', [
  ['lists become mappings', '[a]', '{b: {endpoint_var: E}}', '{a: null, b: {endpoint_var: E}}'],
]);
