import { attribute } from './attribute.ts';

attribute('cpuset', {
  printed: [
    [
      '0-2,4',
      `
      cpuset: 0-2,4`,
    ],
    [
      '0',
      `
      cpuset: "0"`,
    ],
  ],
  refused: [
    [['a'], 'services.web.cpuset must be a string'],
    [7, 'services.web.cpuset must be a string'],
  ],
});
