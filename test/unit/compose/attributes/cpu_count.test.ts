import { attribute } from './attribute.ts';

attribute('cpu_count', {
  printed: [
    [
      2,
      `
      cpu_count: 2`,
    ],
    [
      '3',
      `
      cpu_count: 3`,
    ],
    [0, ''],
  ],
  refused: [
    [-1, 'services.web.cpu_count must be at least 0'],
    [[1], 'services.web.cpu_count must be an integer or a string'],
  ],
  warned: [[2, '"cpu_count" is not carried out: only Windows has it (web)']],
});
