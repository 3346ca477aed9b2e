import { attribute } from './attribute.ts';

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
