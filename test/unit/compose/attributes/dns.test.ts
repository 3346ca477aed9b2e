import { attribute } from './attribute.ts';

attribute('dns', {
  printed: [
    [
      '8.8.8.8',
      `
      dns:
        - 8.8.8.8`,
    ],
    [
      ['8.8.8.8', '::1', ''],
      `
      dns:
        - 8.8.8.8
        - ::1`,
    ],
    [[''], ''],
  ],
  refused: [
    [{ a: 'b' }, 'services.web.dns must be a string or a list'],
    [['1.1.1.1', '1.1.1.1'], 'services.web.dns[1] repeats an item of the same list'],
  ],
});
