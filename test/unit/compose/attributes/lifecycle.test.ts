import { attribute } from './attribute.ts';
import { hookCases } from './shared-cases.ts';

attribute('depends_on', {
  printed: [
    [
      ['db', 'cache'],
      `
      depends_on:
        cache:
          condition: service_started
          required: true
        db:
          condition: service_started
          required: true`,
    ],
    [
      { db: { condition: 'service_healthy', restart: true, required: false } },
      `
      depends_on:
        db:
          condition: service_healthy
          restart: true
          required: false`,
    ],
    [
      { db: { condition: 'service_completed_successfully', restart: false } },
      `
      depends_on:
        db:
          condition: service_completed_successfully
          required: true`,
    ],
  ],
  refused: [
    [['nobody'], 'service "web" depends on undefined service "nobody"'],
    [['web'], 'dependency cycle detected: web -> web'],
    [
      { db: { condition: 'service_ready' } },
      'services.web.depends_on.db.condition must be one of service_started, service_healthy, service_completed_successfully',
    ],
    [{ db: {} }, 'services.web.depends_on.db: attribute "condition" is missing'],
    [
      { db: { condition: 'service_started', restrat: true } },
      'services.web.depends_on.db: unknown attribute "restrat"',
    ],
    ['db', 'services.web.depends_on must be a list or a mapping'],
  ],
});

attribute('develop', {
  printed: [
    [
      {
        watch: [
          {
            path: './src',
            action: 'sync',
            target: '/src',
            ignore: 'node_modules/',
            include: ['*.js'],
            initial_sync: true,
          },
          { path: '.', action: 'sync+exec', target: '/a', exec: { command: 'reload now' }, 'x-w': 1 },
        ],
      },
      `
      develop:
        watch:
          - path: ./src
            action: sync
            target: /src
            include:
              - '*.js'
            ignore:
              - node_modules/
            initial_sync: true
          - path: .
            action: sync+exec
            target: /a
            exec:
              command:
                - reload
                - now
            x-w: 1`,
    ],
    [null, ''],
  ],
  refused: [
    [
      { watch: [{ path: 'a', action: 'sync' }] },
      'services.web.develop.watch: target is required for non-rebuild actions',
    ],
    [
      { watch: [{ path: '', action: 'rebuild' }] },
      "services.web.develop.watch[0].path: value can't be blank",
    ],
    [
      { watch: [{ path: 'a', action: 'sync+exec', target: '/t' }] },
      'services.web.develop.watch: exec is required for sync+exec',
    ],
    [{ watch: [{ action: 'sync' }] }, 'services.web.develop.watch[0]: attribute "path" is missing'],
    [
      { watch: [{ path: 'a', action: 'sink' }] },
      'services.web.develop.watch[0].action must be one of rebuild, restart, sync, sync+restart, sync+exec',
    ],
    ['x', 'services.web.develop must be a mapping or empty'],
  ],
});

attribute('healthcheck', {
  printed: [
    [
      {
        test: 'echo "hello world"',
        interval: '10s',
        timeout: '1s',
        retries: 5,
        start_period: '15s',
        start_interval: '5s',
      },
      `
      healthcheck:
        test:
          - CMD-SHELL
          - echo "hello world"
        timeout: 1s
        interval: 10s
        retries: 5
        start_period: 15s
        start_interval: 5s`,
    ],
    [
      { test: ['CMD', 'true'], retries: '0' },
      `
      healthcheck:
        test:
          - CMD
          - "true"
        retries: 0`,
    ],
    [
      { disable: true },
      `
      healthcheck:
        disable: true`,
    ],
  ],
  refused: [
    [{ test: ['curl', 'x'] }, 'healthcheck.test must start either by "CMD", "CMD-SHELL" or "NONE"'],
    [{ test: 'x', interval: 'often' }, 'services.web.healthcheck.interval: "often" is not a duration'],
    [{ intervall: '5s' }, 'services.web.healthcheck: unknown attribute "intervall"'],
    [{ test: 'x', retries: -1 }, 'services.web.healthcheck.retries: must not be negative'],
    ['curl', 'services.web.healthcheck must be a mapping'],
  ],
  modelled: [
    [
      { test: 'x', interval: '10s' },
      { test: ['CMD-SHELL', 'x'], interval: 10e9 },
    ],
  ],
});

attribute('logging', {
  printed: [
    [
      { driver: 'syslog', options: { 'syslog-address': 'tcp://1.2.3.4:5', 'max-file': 3, empty: null } },
      `
      logging:
        driver: syslog
        options:
          empty: ""
          max-file: "3"
          syslog-address: tcp://1.2.3.4:5`,
    ],
    [
      { 'x-own': [1, { b: 2, a: 1.5 }] },
      `
      logging:
        x-own:
          - 1
          - a: 1.5
            b: 2`,
    ],
  ],
  refused: [
    [{ diver: 'x' }, 'services.web.logging: unknown attribute "diver"'],
    [{ options: { a: true } }, 'services.web.logging.options.a must be a string or a number or empty'],
    ['syslog', 'services.web.logging must be a mapping'],
  ],
});

attribute('post_start', hookCases('post_start'));

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
      '"pre_start.*.per_replica" is not supported: hooks run once for each service (web)',
    ],
  ],
});

attribute('pre_stop', hookCases('pre_stop'));

attribute('restart', {
  printed: [
    [
      'no',
      `
      restart: "no"`,
    ],
    [
      'on-failure:3',
      `
      restart: on-failure:3`,
    ],
    [
      'unless-stopped',
      `
      restart: unless-stopped`,
    ],
  ],
  refused: [
    [['a'], 'services.web.restart must be a string'],
    [7, 'services.web.restart must be a string'],
  ],
});

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

attribute('stop_signal', {
  printed: [
    [
      'SIGUSR1',
      `
      stop_signal: SIGUSR1`,
    ],
    [
      '9',
      `
      stop_signal: "9"`,
    ],
  ],
  refused: [
    [['a'], 'services.web.stop_signal must be a string'],
    [7, 'services.web.stop_signal must be a string'],
  ],
});

attribute('use_api_socket', {
  printed: [
    [
      true,
      `
      use_api_socket: true`,
    ],
    [false, ''],
  ],
  refused: [['true', 'services.web.use_api_socket must be a boolean']],
  warned: [[true, '"use_api_socket" is not supported: containers do not get the API socket (web)'], [false]],
});
