import { attribute } from './attribute.ts';

attribute('isolation', {
  printed: [
    [
      'hyperv',
      `
      isolation: hyperv`,
    ],
  ],
  refused: [
    [['a'], 'services.web.isolation must be a string'],
    [7, 'services.web.isolation must be a string'],
  ],
  warned: [['hyperv', '"isolation" is not carried out: only Windows has it (web)']],
});
