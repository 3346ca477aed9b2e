import { attribute } from './attribute.ts';

attribute('oom_score_adj', {
  printed: [
    [
      -500,
      `
      oom_score_adj: -500`,
    ],
    [
      '10',
      `
      oom_score_adj: 10`,
    ],
    [0, ''],
  ],
  refused: [
    [1001, 'services.web.oom_score_adj must be at most 1000'],
    [-1001, 'services.web.oom_score_adj must be at least -1000'],
    ['x', 'services.web.oom_score_adj: "x" is not a whole number'],
  ],
});
