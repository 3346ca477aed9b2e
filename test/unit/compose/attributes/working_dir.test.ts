import { attribute } from './attribute.ts';

attribute('working_dir', {
  printed: [
    [
      '/code',
      `
      working_dir: /code`,
    ],
    [
      'C:\\app',
      `
      working_dir: C:\\app`,
    ],
  ],
  refused: [
    [['a'], 'services.web.working_dir must be a string'],
    [7, 'services.web.working_dir must be a string'],
  ],
});
