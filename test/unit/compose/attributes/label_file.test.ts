import { attribute } from './attribute.ts';

attribute('label_file', {
  printed: [
    [
      './a.label',
      `
      label_file:
        - ./a.label`,
    ],
    [
      ['./a', './b'],
      `
      label_file:
        - ./a
        - ./b`,
    ],
  ],
  refused: [
    [[1], 'services.web.label_file[0] must be a string'],
    [{ a: 'b' }, 'services.web.label_file must be a string or a list'],
  ],
});
