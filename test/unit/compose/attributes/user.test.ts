import { attribute } from './attribute.ts';

attribute('user', {
  printed: [
    [
      'someone',
      `
      user: someone`,
    ],
    [
      '1000:1000',
      `
      user: 1000:1000`,
    ],
    [
      '0',
      `
      user: "0"`,
    ],
  ],
  refused: [
    [['a'], 'services.web.user must be a string'],
    [7, 'services.web.user must be a string'],
  ],
});
