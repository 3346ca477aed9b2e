import { attribute } from './attribute.ts';

attribute('tmpfs', {
  printed: [
    [
      '/run',
      `
      tmpfs:
        - /run`,
    ],
    [
      ['/run', '/tmp:size=64m'],
      `
      tmpfs:
        - /run
        - /tmp:size=64m`,
    ],
  ],
  refused: [
    [{ a: 'b' }, 'services.web.tmpfs must be a string or a list'],
    [['/run', '/run'], 'services.web.tmpfs[1] repeats an item of the same list'],
  ],
});
