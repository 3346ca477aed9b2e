import { attribute } from './attribute.ts';

attribute('image', {
  printed: [
    [
      'redis:7',
      `
      image: redis:7`,
    ],
    [
      'busybox@sha256:ab',
      `
      image: busybox@sha256:ab`,
    ],
  ],
  refused: [
    [['a'], 'services.web.image must be a string'],
    [7, 'services.web.image must be a string'],
  ],
});
