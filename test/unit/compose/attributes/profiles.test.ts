import { attribute } from './attribute.ts';

attribute('profiles', {
  printed: [
    [
      ['debug', 'test'],
      `
      profiles:
        - debug
        - test`,
    ],
    [[], ''],
  ],
  refused: [
    [{ a: 'b' }, 'services.web.profiles must be a list'],
    ['one', 'services.web.profiles must be a list'],
    [['debug', 'debug'], 'services.web.profiles[1] repeats an item of the same list'],
  ],
});
