import { attribute } from './attribute.ts';

attribute('cpu_quota', {
  printed: [
    [
      12,
      `
      cpu_quota: 12`,
    ],
    [
      '34',
      `
      cpu_quota: 34`,
    ],
    [0, ''],
  ],
  refused: [
    [{ a: 1 }, 'services.web.cpu_quota must be a number or a string'],
    ['many', 'services.web.cpu_quota: "many" is not a whole number'],
  ],
  modelled: [['34', 34]],
});
