import { attribute } from './attribute.ts';

attribute('scale', {
  printed: [
    [
      12,
      `
      scale: 12`,
    ],
    [
      '34',
      `
      scale: 34`,
    ],
    [
      0,
      `
      scale: 0`,
    ],
  ],
  refused: [
    [{ a: 1 }, 'services.web.scale must be an integer or a string'],
    ['many', 'services.web.scale: "many" is not a whole number'],
    [-1, 'services.web.scale: must be greater than or equal to 0'],
  ],
  modelled: [['34', 34]],
});
