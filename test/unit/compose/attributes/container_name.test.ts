import { attribute } from './attribute.ts';

attribute('container_name', {
  printed: [
    [
      'my-web',
      `
      container_name: my-web`,
    ],
  ],
  refused: [
    [
      '-',
      'services.web.container_name must have two characters or more of [a-zA-Z0-9_.-], the first a letter or digit',
    ],
    [['a'], 'services.web.container_name must be a string'],
  ],
});
