import { attribute } from './attribute.ts';

attribute('hostname', {
  printed: [
    [
      'on',
      `
      hostname: "on"`,
    ],
  ],
  refused: [
    [['a'], 'services.web.hostname must be a string'],
    [7, 'services.web.hostname must be a string'],
  ],
});
