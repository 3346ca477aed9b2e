import { attribute } from './attribute.ts';

attribute('external_links', {
  printed: [
    [
      ['redis_1', 'db_1:mysql'],
      `
      external_links:
        - redis_1
        - db_1:mysql`,
    ],
    [[], ''],
  ],
  refused: [
    [{ a: 'b' }, 'services.web.external_links must be a list'],
    ['one', 'services.web.external_links must be a list'],
    [['redis_1', 'redis_1'], 'services.web.external_links[1] repeats an item of the same list'],
  ],
});
