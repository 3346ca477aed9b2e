import { attribute } from './attribute.ts';

attribute('tty', {
  printed: [
    [
      true,
      `
      tty: true`,
    ],
    [
      'true',
      `
      tty: true`,
    ],
    [false, ''],
    ['f', ''],
  ],
  refused: [
    [[true], 'services.web.tty must be a boolean'],
    ['maybe', 'services.web.tty: "maybe" is neither true nor false'],
  ],
  modelled: [
    [false, false],
    ['1', true],
  ],
});
