import { attribute } from './attribute.ts';

attribute('pid', {
  printed: [
    [
      'host',
      `
      pid: host`,
    ],
    [
      'container:abc',
      `
      pid: container:abc`,
    ],
    [null, ''],
  ],
  refused: [
    [['host'], 'services.web.pid must be a string or empty'],
    ['service:nobody', 'service "web" depends on undefined service "nobody"'],
  ],
});
