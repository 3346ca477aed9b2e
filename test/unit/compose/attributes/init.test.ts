import { attribute } from './attribute.ts';

attribute('init', {
  printed: [
    [
      true,
      `
      init: true`,
    ],
    [
      'true',
      `
      init: true`,
    ],
    [
      false,
      `
      init: false`,
    ],
    [
      'f',
      `
      init: false`,
    ],
  ],
  refused: [
    [[true], 'services.web.init must be a boolean'],
    ['maybe', 'services.web.init: "maybe" is neither true nor false'],
  ],
  modelled: [
    [false, false],
    ['1', true],
  ],
});
