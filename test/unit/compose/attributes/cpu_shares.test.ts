import { attribute } from './attribute.ts';

attribute('cpu_shares', {
  printed: [
    [
      12,
      `
      cpu_shares: 12`,
    ],
    [
      '34',
      `
      cpu_shares: 34`,
    ],
    [0, ''],
  ],
  refused: [
    [{ a: 1 }, 'services.web.cpu_shares must be a number or a string'],
    ['many', 'services.web.cpu_shares: "many" is not a whole number'],
  ],
  modelled: [['34', 34]],
});
