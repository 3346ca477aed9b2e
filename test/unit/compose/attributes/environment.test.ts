import { attribute } from './attribute.ts';

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
    [['A=1', 'A=1'], 'services.web.environment[1] repeats an item of the same list'],
    [{ '': 'x' }, 'services.web.environment has an empty key'],
  ],
  modelled: [[['A'], { A: null }]],
});
