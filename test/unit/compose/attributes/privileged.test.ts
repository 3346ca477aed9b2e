import { attribute } from './attribute.ts';

attribute('privileged', {
  printed: [
    [
      true,
      `
      privileged: true`,
    ],
    [
      'true',
      `
      privileged: true`,
    ],
    [false, ''],
    ['f', ''],
  ],
  refused: [
    [[true], 'services.web.privileged must be a boolean'],
    ['maybe', 'services.web.privileged: "maybe" is neither true nor false'],
  ],
  modelled: [
    [false, false],
    ['1', true],
  ],
});
