import { attribute } from './attribute.ts';

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
