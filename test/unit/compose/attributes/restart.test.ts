import { attribute } from './attribute.ts';

attribute('restart', {
  printed: [
    [
      'no',
      `
      restart: "no"`,
    ],
    [
      'on-failure:3',
      `
      restart: on-failure:3`,
    ],
    [
      'unless-stopped',
      `
      restart: unless-stopped`,
    ],
  ],
  refused: [
    [['a'], 'services.web.restart must be a string'],
    [7, 'services.web.restart must be a string'],
  ],
});
