import { attribute } from './attribute.ts';

attribute('mem_limit', {
  printed: [
    [
      '50M',
      `
      mem_limit: "52428800"`,
    ],
    [
      '1.5 gb',
      `
      mem_limit: "1610612736"`,
    ],
    [
      1024,
      `
      mem_limit: "1024"`,
    ],
    [0, ''],
  ],
  refused: [
    [['1m'], 'services.web.mem_limit must be a number or a string'],
    ['lots', 'services.web.mem_limit: "lots" is not a size'],
  ],
  modelled: [
    ['1k', 1024],
    ['2KiB', 2048],
    ['3b', 3],
  ],
});
