import { attribute } from './attribute.ts';

attribute('stop_grace_period', {
  printed: [
    [
      '20s',
      `
      stop_grace_period: 20s`,
    ],
    [
      '1m30s',
      `
      stop_grace_period: 1m30s`,
    ],
    [
      '0',
      `
      stop_grace_period: 0s`,
    ],
    [
      '1.5h',
      `
      stop_grace_period: 1h30m0s`,
    ],
    [
      '250ms',
      `
      stop_grace_period: 250ms`,
    ],
  ],
  refused: [
    [20, 'services.web.stop_grace_period must be a string'],
    ['20', 'services.web.stop_grace_period: the duration "20" has a number without a unit'],
    ['2 parsecs', 'services.web.stop_grace_period: the duration "2 parsecs" has the unknown unit " parsecs"'],
    ['soon', 'services.web.stop_grace_period: "soon" is not a duration'],
  ],
  modelled: [
    ['1w', 604_800e9],
    ['1d2h', 93_600e9],
    ['2us3ns', 2003],
    ['-5s', -5e9],
  ],
});
