import { attribute } from './attribute.ts';

attribute('command', {
  printed: [
    [
      'bundle exec thin -p 3000',
      `
      command:
        - bundle
        - exec
        - thin
        - -p
        - "3000"`,
    ],
    [
      ['echo', 'a b', ''],
      `
      command:
        - echo
        - a b
        - ""`,
    ],
    [null, ''],
    [
      [],
      `
      command: []`,
    ],
    [
      '',
      `
      command: []`,
    ],
    [
      'echo "a b" \'$HOME\' c\\ d',
      `
      command:
        - echo
        - a b
        - $$HOME
        - c d`,
    ],
  ],
  refused: [
    [{ a: 'b' }, 'services.web.command must be empty or a string or a list'],
    [[1], 'services.web.command[0] must be a string'],
    ['echo "a', 'services.web.command: the command can\'t be split into words: " is not closed'],
    ['echo (a)', 'services.web.command: the command can\'t be split into words: "(" needs quotes'],
    [
      'echo \\',
      "services.web.command: the command can't be split into words: a backslash at the end takes nothing",
    ],
  ],
  warned: [['a && b', 'services.web.command: the command ends before "&&", for no shell runs it']],
  modelled: [
    [null, null],
    ['a', ['a']],
    ['a && b', ['a']],
    ['echo `x y`', ['echo', '`x y`']],
    ['echo $(x y)', ['echo', '$(x y)']],
  ],
});
