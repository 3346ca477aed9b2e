import { attribute } from './attribute.ts';

attribute('mac_address', {
  printed: [
    [
      '02:42:ac:11:65:43',
      `
      mac_address: 02:42:ac:11:65:43`,
    ],
  ],
  refused: [
    [['a'], 'services.web.mac_address must be a string'],
    [7, 'services.web.mac_address must be a string'],
  ],
});
