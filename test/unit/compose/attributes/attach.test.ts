import { attribute } from './attribute.ts';

attribute('attach', {
  printed: [
    [
      true,
      `
      attach: true`,
    ],
    [
      'true',
      `
      attach: true`,
    ],
    [
      false,
      `
      attach: false`,
    ],
    [
      'f',
      `
      attach: false`,
    ],
  ],
  refused: [
    [[true], 'services.web.attach must be a boolean'],
    ['maybe', 'services.web.attach: "maybe" is neither true nor false'],
  ],
  modelled: [
    [false, false],
    ['1', true],
  ],
});
