import { attribute } from './attribute.ts';

attribute('network_mode', {
  printed: [
    [
      'host',
      `
      network_mode: host`,
    ],
    [
      'none',
      `
      network_mode: none`,
    ],
  ],
  refused: [
    [['a'], 'services.web.network_mode must be a string'],
    [7, 'services.web.network_mode must be a string'],
    ['service:nobody', 'service "web" depends on undefined service "nobody"'],
  ],
});
