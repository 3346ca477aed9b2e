import { attribute } from './attribute.ts';

attribute('oom_kill_disable', {
  printed: [
    [
      true,
      `
      oom_kill_disable: true`,
    ],
    [
      'true',
      `
      oom_kill_disable: true`,
    ],
    [false, ''],
    ['f', ''],
  ],
  refused: [
    [[true], 'services.web.oom_kill_disable must be a boolean'],
    ['maybe', 'services.web.oom_kill_disable: "maybe" is neither true nor false'],
  ],
  modelled: [
    [false, false],
    ['1', true],
  ],
});
