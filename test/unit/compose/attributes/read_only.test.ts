import { attribute } from './attribute.ts';

attribute('read_only', {
  printed: [
    [
      true,
      `
      read_only: true`,
    ],
    [
      'true',
      `
      read_only: true`,
    ],
    [false, ''],
    ['f', ''],
  ],
  refused: [
    [[true], 'services.web.read_only must be a boolean'],
    ['maybe', 'services.web.read_only: "maybe" is neither true nor false'],
  ],
  modelled: [
    [false, false],
    ['1', true],
  ],
});
