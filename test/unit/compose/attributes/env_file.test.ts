import { attribute } from './attribute.ts';

attribute('env_file', {
  printed: [
    [
      './a.env',
      `
      env_file:
        - path: ./a.env`,
    ],
    [
      ['./a.env', { path: './b.env', required: false, format: 'raw' }],
      `
      env_file:
        - path: ./a.env
        - path: ./b.env
          required: false
          format: raw`,
    ],
  ],
  refused: [
    [[{ required: true }], 'services.web.env_file[0]: attribute "path" is missing'],
    [[{ path: 'a', reqired: true }], 'services.web.env_file[0]: unknown attribute "reqired"'],
    [{ path: 'a' }, 'services.web.env_file must be a string or a list'],
  ],
  modelled: [['a', [{ path: 'a', required: true }]]],
});
