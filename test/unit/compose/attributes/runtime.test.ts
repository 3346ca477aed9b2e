import { attribute } from './attribute.ts';

attribute('runtime', {
  printed: [
    [
      'runc',
      `
      runtime: runc`,
    ],
  ],
  refused: [
    [['a'], 'services.web.runtime must be a string'],
    [7, 'services.web.runtime must be a string'],
  ],
  warned: [['runc'], ['kata']],
});
