import { attribute } from './attribute.ts';

attribute('mem_reservation', {
  printed: [
    [
      '50M',
      `
      mem_reservation: "52428800"`,
    ],
    [
      '1.5 gb',
      `
      mem_reservation: "1610612736"`,
    ],
    [
      1024,
      `
      mem_reservation: "1024"`,
    ],
    [0, ''],
  ],
  refused: [
    [['1m'], 'services.web.mem_reservation must be an integer or a string'],
    ['lots', 'services.web.mem_reservation: "lots" is not a size'],
  ],
  modelled: [
    ['1k', 1024],
    ['2KiB', 2048],
    ['3b', 3],
  ],
});
