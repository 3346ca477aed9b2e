import { attribute } from './attribute.ts';

attribute('pre_start', {
  printed: [
    [
      [{ command: ['migrate'], image: 'm', per_replica: true }, { user: 'u' }],
      `
      pre_start:
        - command:
            - migrate
          image: m
          per_replica: true
        - user: u`,
    ],
  ],
  refused: [
    [[{ comand: 'x' }], 'services.web.pre_start[0]: unknown attribute "comand"'],
    [
      [{ per_replica: 'perhaps' }],
      'services.web.pre_start[0].per_replica: "perhaps" is neither true nor false',
    ],
    ['migrate', 'services.web.pre_start must be a list'],
  ],
  warned: [
    [[{ command: 'x', per_replica: false }]],
    [
      [{ command: 'x', per_replica: true }],
      '"pre_start.*.per_replica" is not carried out: hooks run once a service (web)',
    ],
  ],
});
