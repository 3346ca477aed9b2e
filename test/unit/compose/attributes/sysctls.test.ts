import { attribute } from './attribute.ts';

attribute('sysctls', {
  printed: [
    [
      { B: 'two', A: 1, C: null, D: true, E: 1.5 },
      `
      sysctls:
        A: "1"
        B: two
        C: ""
        D: "true"
        E: "1.5"`,
    ],
    [
      ['B=two', 'A=1=2', 'C'],
      `
      sysctls:
        A: 1=2
        B: two
        C: ""`,
    ],
    [{}, ''],
    [
      { k10: 'a', k9: 'b', K: 'c' },
      `
      sysctls:
        K: c
        k9: b
        k10: a`,
    ],
  ],
  refused: [
    ['A=1', 'services.web.sysctls must be a mapping or a list'],
    [{ A: ['x'] }, 'services.web.sysctls.A must be a string or a number or a boolean or empty'],
    [['A=1', 'A=1'], 'services.web.sysctls[1] repeats an item of the same list'],
    [{ '': 'x' }, 'services.web.sysctls has an empty key'],
  ],
  modelled: [[['A'], { A: '' }]],
});
