import { attribute } from './attribute.ts';

attribute('dns_opt', {
  printed: [
    [
      ['ndots:2', 'use-vc'],
      `
      dns_opt:
        - ndots:2
        - use-vc`,
    ],
    [[], ''],
  ],
  refused: [
    [{ a: 'b' }, 'services.web.dns_opt must be a list'],
    ['one', 'services.web.dns_opt must be a list'],
    [['ndots:2', 'ndots:2'], 'services.web.dns_opt[1] repeats an item of the same list'],
  ],
});
