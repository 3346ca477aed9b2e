import { attribute } from './attribute.ts';

attribute('mem_swappiness', {
  printed: [
    [
      60,
      `
      mem_swappiness: "60"`,
    ],
    ['0', ''],
  ],
  refused: [
    [[1], 'services.web.mem_swappiness must be an integer or a string'],
    ['low', 'services.web.mem_swappiness: "low" is not a size'],
  ],
});
