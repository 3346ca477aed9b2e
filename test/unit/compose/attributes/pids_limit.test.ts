import { attribute } from './attribute.ts';

attribute('pids_limit', {
  printed: [
    [
      12,
      `
      pids_limit: 12`,
    ],
    [
      '34',
      `
      pids_limit: 34`,
    ],
    [0, ''],
  ],
  refused: [
    [{ a: 1 }, 'services.web.pids_limit must be a number or a string'],
    ['many', 'services.web.pids_limit: "many" is not a whole number'],
  ],
  modelled: [['34', 34]],
});
