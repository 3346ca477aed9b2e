import { attribute } from './attribute.ts';

attribute('dns_search', {
  printed: [
    [
      'a.example',
      `
      dns_search:
        - a.example`,
    ],
    [
      ['a.example', 'b.example'],
      `
      dns_search:
        - a.example
        - b.example`,
    ],
  ],
  refused: [
    [{ a: 'b' }, 'services.web.dns_search must be a string or a list'],
    [['a.example', 'a.example'], 'services.web.dns_search[1] repeats an item of the same list'],
  ],
});
