import { attribute } from './attribute.ts';

attribute('shm_size', {
  printed: [
    [
      '50M',
      `
      shm_size: "52428800"`,
    ],
    [
      '1.5 gb',
      `
      shm_size: "1610612736"`,
    ],
    [
      1024,
      `
      shm_size: "1024"`,
    ],
    [0, ''],
  ],
  refused: [
    [['1m'], 'services.web.shm_size must be a number or a string'],
    ['lots', 'services.web.shm_size: "lots" is not a size'],
  ],
  modelled: [
    ['1k', 1024],
    ['2KiB', 2048],
    ['3b', 3],
  ],
});
