import { attribute } from './attribute.ts';

attribute('entrypoint', {
  printed: [
    [
      'bundle exec thin -p 3000',
      `
      entrypoint:
        - bundle
        - exec
        - thin
        - -p
        - "3000"`,
    ],
    [
      ['echo', 'a b', ''],
      `
      entrypoint:
        - echo
        - a b
        - ""`,
    ],
    [null, ''],
    [
      [],
      `
      entrypoint: []`,
    ],
    [
      '',
      `
      entrypoint: []`,
    ],
    [
      'echo "a b" \'$HOME\' c\\ d',
      `
      entrypoint:
        - echo
        - a b
        - $$HOME
        - c d`,
    ],
  ],
  refused: [
    [{ a: 'b' }, 'services.web.entrypoint must be empty or a string or a list'],
    [[1], 'services.web.entrypoint[0] must be a string'],
    ['echo "a', 'services.web.entrypoint: the command can\'t be split into words: " is not closed'],
    ['echo (a)', 'services.web.entrypoint: the command can\'t be split into words: "(" needs quotes'],
    [
      'echo \\',
      "services.web.entrypoint: the command can't be split into words: a backslash at the end takes nothing",
    ],
  ],
  warned: [['a && b', 'services.web.entrypoint: the command ends before "&&", for no shell runs it']],
  modelled: [
    [null, null],
    ['a', ['a']],
    ['a && b', ['a']],
    ['echo `x y`', ['echo', '`x y`']],
    ['echo $(x y)', ['echo', '$(x y)']],
  ],
});
