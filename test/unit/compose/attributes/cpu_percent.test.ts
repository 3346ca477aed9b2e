import { attribute } from './attribute.ts';

attribute('cpu_percent', {
  printed: [
    [
      2,
      `
      cpu_percent: 2`,
    ],
    [
      '3',
      `
      cpu_percent: 3`,
    ],
    [0, ''],
  ],
  refused: [
    [-1, 'services.web.cpu_percent must be at least 0'],
    [[1], 'services.web.cpu_percent must be an integer or a string'],
    [101, 'services.web.cpu_percent must be at most 100'],
  ],
  warned: [[2, '"cpu_percent" is not carried out: only Windows has it (web)']],
});
