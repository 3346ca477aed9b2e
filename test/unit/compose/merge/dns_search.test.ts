import { mergeCases } from './attribute.ts';

mergeCases('dns_search', [
  ['lists append, each item once', '[a, b]', '[b, c]', '[a, b, c]'],
  ['a string is a list of one', 'a', 'b', '[a, b]'],
  ['a string over a list', '[a, b]', 'a', '[a, b]'],
]);
