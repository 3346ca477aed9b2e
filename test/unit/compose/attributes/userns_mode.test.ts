import { attribute } from './attribute.ts';

attribute('userns_mode', {
  printed: [
    [
      'host',
      `
      userns_mode: host`,
    ],
  ],
  refused: [
    [['a'], 'services.web.userns_mode must be a string'],
    [7, 'services.web.userns_mode must be a string'],
  ],
});
