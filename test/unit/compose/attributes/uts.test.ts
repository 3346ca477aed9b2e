import { attribute } from './attribute.ts';

attribute('uts', {
  printed: [
    [
      'host',
      `
      uts: host`,
    ],
  ],
  refused: [
    [['a'], 'services.web.uts must be a string'],
    [7, 'services.web.uts must be a string'],
    ['service:nobody', 'service "web" depends on undefined service "nobody"'],
  ],
});
