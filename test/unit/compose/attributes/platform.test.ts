import { attribute } from './attribute.ts';

attribute('platform', {
  printed: [
    [
      'linux/amd64',
      `
      platform: linux/amd64`,
    ],
  ],
  refused: [
    [['a'], 'services.web.platform must be a string'],
    [7, 'services.web.platform must be a string'],
  ],
});
