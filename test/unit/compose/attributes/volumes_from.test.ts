import { attribute } from './attribute.ts';

attribute('volumes_from', {
  printed: [
    [
      ['db:ro', 'container:c:rw'],
      `
      volumes_from:
        - db:ro
        - container:c:rw`,
    ],
  ],
  refused: [
    [['nobody'], 'service "web" depends on undefined service "nobody"'],
    ['db', 'services.web.volumes_from must be a list'],
  ],
});
