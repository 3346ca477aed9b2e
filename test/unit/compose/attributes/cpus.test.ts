import { attribute } from './attribute.ts';

attribute('cpus', {
  printed: [
    [
      1.5,
      `
      cpus: 1.5`,
    ],
    [
      '0.001',
      `
      cpus: 0.001`,
    ],
    [
      2,
      `
      cpus: 2`,
    ],
    [0, ''],
  ],
  refused: [
    [[1], 'services.web.cpus must be a number or a string'],
    ['few', 'services.web.cpus: "few" is not a number'],
  ],
  modelled: [['0.5', 0.5]],
});
