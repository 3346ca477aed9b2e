import { attribute } from './attribute.ts';

attribute('cpu_count', {
  printed: [
    [
      2,
      `
      cpu_count: 2`,
    ],
    [
      '3',
      `
      cpu_count: 3`,
    ],
    [0, ''],
  ],
  refused: [
    [-1, 'services.web.cpu_count must be at least 0'],
    [[1], 'services.web.cpu_count must be an integer or a string'],
  ],
  warned: [[2, '"cpu_count" is not supported: only Windows has it (web)']],
});

attribute('cpu_percent', {
  printed: [
    [
      2,
      `
      cpu_percent: 2`,
    ],
    [
      '3',
      `
      cpu_percent: 3`,
    ],
    [0, ''],
  ],
  refused: [
    [-1, 'services.web.cpu_percent must be at least 0'],
    [[1], 'services.web.cpu_percent must be an integer or a string'],
    [101, 'services.web.cpu_percent must be at most 100'],
  ],
  warned: [[2, '"cpu_percent" is not supported: only Windows has it (web)']],
});

attribute('cpu_period', {
  printed: [
    [
      12,
      `
      cpu_period: 12`,
    ],
    [
      '34',
      `
      cpu_period: 34`,
    ],
    [0, ''],
  ],
  refused: [
    [{ a: 1 }, 'services.web.cpu_period must be a number or a string'],
    ['many', 'services.web.cpu_period: "many" is not a whole number'],
  ],
  modelled: [['34', 34]],
});

attribute('cpu_quota', {
  printed: [
    [
      12,
      `
      cpu_quota: 12`,
    ],
    [
      '34',
      `
      cpu_quota: 34`,
    ],
    [0, ''],
  ],
  refused: [
    [{ a: 1 }, 'services.web.cpu_quota must be a number or a string'],
    ['many', 'services.web.cpu_quota: "many" is not a whole number'],
  ],
  modelled: [['34', 34]],
});

attribute('cpu_rt_period', {
  printed: [
    [
      12,
      `
      cpu_rt_period: 12`,
    ],
    [
      '34',
      `
      cpu_rt_period: 34`,
    ],
    [0, ''],
  ],
  refused: [
    [{ a: 1 }, 'services.web.cpu_rt_period must be a number or a string'],
    ['many', 'services.web.cpu_rt_period: "many" is not a whole number'],
  ],
  modelled: [['34', 34]],
});

attribute('cpu_rt_runtime', {
  printed: [
    [
      12,
      `
      cpu_rt_runtime: 12`,
    ],
    [
      '34',
      `
      cpu_rt_runtime: 34`,
    ],
    [0, ''],
  ],
  refused: [
    [{ a: 1 }, 'services.web.cpu_rt_runtime must be a number or a string'],
    ['many', 'services.web.cpu_rt_runtime: "many" is not a whole number'],
  ],
  modelled: [['34', 34]],
});

attribute('cpu_shares', {
  printed: [
    [
      12,
      `
      cpu_shares: 12`,
    ],
    [
      '34',
      `
      cpu_shares: 34`,
    ],
    [0, ''],
  ],
  refused: [
    [{ a: 1 }, 'services.web.cpu_shares must be a number or a string'],
    ['many', 'services.web.cpu_shares: "many" is not a whole number'],
  ],
  modelled: [['34', 34]],
});

attribute('cpus', {
  printed: [
    [
      1.5,
      `
      cpus: 1.5`,
    ],
    [
      '0.001',
      `
      cpus: 0.001`,
    ],
    [
      2,
      `
      cpus: 2`,
    ],
    [0, ''],
  ],
  refused: [
    [[1], 'services.web.cpus must be a number or a string'],
    ['few', 'services.web.cpus: "few" is not a number'],
  ],
  modelled: [['0.5', 0.5]],
});

attribute('cpuset', {
  printed: [
    [
      '0-2,4',
      `
      cpuset: 0-2,4`,
    ],
    [
      '0',
      `
      cpuset: "0"`,
    ],
  ],
  refused: [
    [['a'], 'services.web.cpuset must be a string'],
    [7, 'services.web.cpuset must be a string'],
  ],
});
