import { attribute } from './attribute.ts';

attribute('links', {
  printed: [
    [
      ['db', 'db:database'],
      `
      links:
        - db
        - db:database`,
    ],
  ],
  refused: [
    [['nobody:x'], 'service "web" depends on undefined service "nobody"'],
    [['db', 'db'], 'services.web.links[1] repeats an item of the same list'],
    ['db', 'services.web.links must be a list'],
  ],
});
