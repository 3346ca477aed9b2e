import { attribute } from './attribute.ts';

attribute('cpu_rt_period', {
  printed: [
    [
      12,
      `
      cpu_rt_period: 12`,
    ],
    [
      '34',
      `
      cpu_rt_period: 34`,
    ],
    [0, ''],
  ],
  refused: [
    [{ a: 1 }, 'services.web.cpu_rt_period must be a number or a string'],
    ['many', 'services.web.cpu_rt_period: "many" is not a whole number'],
  ],
  modelled: [['34', 34]],
});
