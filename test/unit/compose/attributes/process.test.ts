import { attribute } from './attribute.ts';
import { commandLineCases } from './shared-cases.ts';

attribute('attach', {
  printed: [
    [
      true,
      `
      attach: true`,
    ],
    [
      'true',
      `
      attach: true`,
    ],
    [
      false,
      `
      attach: false`,
    ],
    [
      'f',
      `
      attach: false`,
    ],
  ],
  refused: [
    [[true], 'services.web.attach must be a boolean'],
    ['maybe', 'services.web.attach: "maybe" is neither true nor false'],
  ],
  modelled: [
    [false, false],
    ['1', true],
  ],
});

attribute('command', commandLineCases('command'));

attribute('entrypoint', commandLineCases('entrypoint'));

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

attribute('environment', {
  printed: [
    [
      { B: 'two', A: 1, C: null, D: true, E: 1.5 },
      `
      environment:
        A: "1"
        B: two
        C: null
        D: "true"
        E: "1.5"`,
    ],
    [
      ['B=two', 'A=1=2', 'C'],
      `
      environment:
        A: 1=2
        B: two
        C: null`,
    ],
    [{}, ''],
    [
      { k10: 'a', k9: 'b', K: 'c' },
      `
      environment:
        K: c
        k9: b
        k10: a`,
    ],
  ],
  refused: [
    ['A=1', 'services.web.environment must be a mapping or a list'],
    [{ A: ['x'] }, 'services.web.environment.A must be a string or a number or a boolean or empty'],
    [['FOO =x'], 'services.web.environment: environment variable FOO  is declared with a trailing space'],
    [['A=1', 'A=1'], 'services.web.environment[1] repeats an item of the same list'],
    [{ '': 'x' }, 'services.web.environment has an empty key'],
  ],
  modelled: [[['A'], { A: null }]],
});

attribute('group_add', {
  printed: [
    [
      ['audio', 1001],
      `
      group_add:
        - audio
        - "1001"`,
    ],
    [[], ''],
  ],
  refused: [
    [{ a: 'b' }, 'services.web.group_add must be a list'],
    ['one', 'services.web.group_add must be a list'],
    [['audio', 'audio'], 'services.web.group_add[1] repeats an item of the same list'],
    [[null], 'services.web.group_add[0] must be a string or a number'],
  ],
});

attribute('init', {
  printed: [
    [
      true,
      `
      init: true`,
    ],
    [
      'true',
      `
      init: true`,
    ],
    [
      false,
      `
      init: false`,
    ],
    [
      'f',
      `
      init: false`,
    ],
  ],
  refused: [
    [[true], 'services.web.init must be a boolean'],
    ['maybe', 'services.web.init: "maybe" is neither true nor false'],
  ],
  modelled: [
    [false, false],
    ['1', true],
  ],
});

attribute('stdin_open', {
  printed: [
    [
      true,
      `
      stdin_open: true`,
    ],
    [
      'true',
      `
      stdin_open: true`,
    ],
    [false, ''],
    ['f', ''],
  ],
  refused: [
    [[true], 'services.web.stdin_open must be a boolean'],
    ['maybe', 'services.web.stdin_open: "maybe" is neither true nor false'],
  ],
  modelled: [
    [false, false],
    ['1', true],
  ],
});

attribute('tty', {
  printed: [
    [
      true,
      `
      tty: true`,
    ],
    [
      'true',
      `
      tty: true`,
    ],
    [false, ''],
    ['f', ''],
  ],
  refused: [
    [[true], 'services.web.tty must be a boolean'],
    ['maybe', 'services.web.tty: "maybe" is neither true nor false'],
  ],
  modelled: [
    [false, false],
    ['1', true],
  ],
});

attribute('user', {
  printed: [
    [
      'someone',
      `
      user: someone`,
    ],
    [
      '1000:1000',
      `
      user: 1000:1000`,
    ],
    [
      '0',
      `
      user: "0"`,
    ],
  ],
  refused: [
    [['a'], 'services.web.user must be a string'],
    [7, 'services.web.user must be a string'],
  ],
});

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
