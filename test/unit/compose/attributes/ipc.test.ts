import { attribute } from './attribute.ts';

attribute('ipc', {
  printed: [
    [
      'host',
      `
      ipc: host`,
    ],
    [
      'shareable',
      `
      ipc: shareable`,
    ],
  ],
  refused: [
    [['a'], 'services.web.ipc must be a string'],
    [7, 'services.web.ipc must be a string'],
    ['service:nobody', 'service "web" depends on undefined service "nobody"'],
  ],
});
