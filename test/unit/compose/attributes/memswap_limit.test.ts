import { attribute } from './attribute.ts';

attribute('memswap_limit', {
  printed: [
    [
      '1g',
      `
      memswap_limit: "1073741824"`,
    ],
    [
      -1,
      `
      memswap_limit: "-1"`,
    ],
    [
      '-1',
      `
      memswap_limit: "-1"`,
    ],
  ],
  refused: [
    ['-2', 'services.web.memswap_limit: "-2" is not a size'],
    [[1], 'services.web.memswap_limit must be a number or a string'],
  ],
  modelled: [['-1', -1]],
});
