import { attribute } from './attribute.ts';

attribute('stdin_open', {
  printed: [
    [
      true,
      `
      stdin_open: true`,
    ],
    [
      'true',
      `
      stdin_open: true`,
    ],
    [false, ''],
    ['f', ''],
  ],
  refused: [
    [[true], 'services.web.stdin_open must be a boolean'],
    ['maybe', 'services.web.stdin_open: "maybe" is neither true nor false'],
  ],
  modelled: [
    [false, false],
    ['1', true],
  ],
});
