import type { AttributeCases } from './attribute.ts';

/** A mapping, or a list of `KEY=VALUE`, of texts. */
export const keyValueCases = (name: string): AttributeCases => ({
  printed: [
    [
      { B: 'two', A: 1, C: null, D: true, E: 1.5 },
      `
      ${name}:
        A: "1"
        B: two
        C: ""
        D: "true"
        E: "1.5"`,
    ],
    [
      ['B=two', 'A=1=2', 'C'],
      `
      ${name}:
        A: 1=2
        B: two
        C: ""`,
    ],
    [{}, ''],
    [
      { k10: 'a', k9: 'b', K: 'c' },
      `
      ${name}:
        K: c
        k9: b
        k10: a`,
    ],
  ],
  refused: [
    ['A=1', `services.web.${name} must be a mapping or a list`],
    [{ A: ['x'] }, `services.web.${name}.A must be a string or a number or a boolean or empty`],
    [['A=1', 'A=1'], `services.web.${name}[1] repeats an item of the same list`],
    [{ '': 'x' }, `services.web.${name} has an empty key`],
  ],
  modelled: [[['A'], { A: '' }]],
});

/** A command line to be split into words, or a list of them. */
export const commandLineCases = (name: string): AttributeCases => ({
  printed: [
    [
      'bundle exec thin -p 3000',
      `
      ${name}:
        - bundle
        - exec
        - thin
        - -p
        - "3000"`,
    ],
    [
      ['echo', 'a b', ''],
      `
      ${name}:
        - echo
        - a b
        - ""`,
    ],
    [null, ''],
    [
      [],
      `
      ${name}: []`,
    ],
    [
      '',
      `
      ${name}: []`,
    ],
    [
      'echo "a b" \'$HOME\' c\\ d',
      `
      ${name}:
        - echo
        - a b
        - $$HOME
        - c d`,
    ],
  ],
  refused: [
    [{ a: 'b' }, `services.web.${name} must be empty or a string or a list`],
    [[1], `services.web.${name}[0] must be a string`],
    ['echo "a', `services.web.${name}: the command can't be split into words: " is not closed`],
    ['echo (a)', `services.web.${name}: the command can't be split into words: "(" needs quotes`],
    [
      'echo \\',
      `services.web.${name}: the command can't be split into words: a backslash at the end takes nothing`,
    ],
  ],
  warned: [['a && b', `services.web.${name}: the command ends before "&&", for no shell runs it`]],
  modelled: [
    [null, null],
    ['a', ['a']],
    ['a && b', ['a']],
    ['echo `x y`', ['echo', '`x y`']],
    ['echo $(x y)', ['echo', '$(x y)']],
  ],
});

/** Hooks that run in the container. */
export const hookCases = (name: string): AttributeCases => ({
  printed: [
    [
      [
        {
          command: ['sh', '-c', 'echo hi'],
          user: 'root',
          privileged: true,
          working_dir: '/w',
          environment: ['A=1', 'B'],
        },
      ],
      `
      ${name}:
        - command:
            - sh
            - -c
            - echo hi
          user: root
          privileged: true
          working_dir: /w
          environment:
            A: "1"
            B: null`,
    ],
    [
      [{ command: 'echo hi' }],
      `
      ${name}:
        - command:
            - echo
            - hi`,
    ],
  ],
  refused: [
    [[{ user: 'root' }], `services.web.${name}[0]: attribute "command" is missing`],
    [[{ command: 'x', usr: 'a' }], `services.web.${name}[0]: unknown attribute "usr"`],
    [{ command: 'x' }, `services.web.${name} must be a list`],
  ],
});
