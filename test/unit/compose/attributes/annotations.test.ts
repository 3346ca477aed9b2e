import { attribute } from './attribute.ts';

attribute('annotations', {
  printed: [
    [
      { B: 'two', A: 1, C: null, D: true, E: 1.5 },
      `
      annotations:
        A: "1"
        B: two
        C: ""
        D: "true"
        E: "1.5"`,
    ],
    [
      ['B=two', 'A=1=2', 'C'],
      `
      annotations:
        A: 1=2
        B: two
        C: ""`,
    ],
    [{}, ''],
    [
      { k10: 'a', k9: 'b', K: 'c' },
      `
      annotations:
        K: c
        k9: b
        k10: a`,
    ],
  ],
  refused: [
    ['A=1', 'services.web.annotations must be a mapping or a list'],
    [{ A: ['x'] }, 'services.web.annotations.A must be a string or a number or a boolean or empty'],
    [['A=1', 'A=1'], 'services.web.annotations[1] repeats an item of the same list'],
    [{ '': 'x' }, 'services.web.annotations has an empty key'],
  ],
  modelled: [[['A'], { A: '' }]],
});
