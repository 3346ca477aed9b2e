import { attribute } from './attribute.ts';

attribute('extra_hosts', {
  printed: [
    [
      ['otherhost:50.31.209.229', 'somehost=162.242.195.82', 'six=[::1]', 'seven:::1', 'two=1.1.1.1,2.2.2.2'],
      `
      extra_hosts:
        - otherhost=50.31.209.229
        - seven=::1
        - six=::1
        - somehost=162.242.195.82
        - two=1.1.1.1
        - two=2.2.2.2`,
    ],
    [
      { b: '1.1.1.1', a: ['2.2.2.2', '[::1]'], gate: 'host-gateway' },
      `
      extra_hosts:
        - a=2.2.2.2
        - a=::1
        - b=1.1.1.1
        - gate=host-gateway`,
    ],
  ],
  refused: [
    [['nohost'], 'services.web.extra_hosts[0]: invalid additional host, missing IP: nohost'],
    [['=1.1.1.1'], "services.web.extra_hosts[0]: bad host name ''"],
    [{ a: 1 }, 'services.web.extra_hosts.a must be a string or a list'],
    ['a=b', 'services.web.extra_hosts must be a mapping or a list'],
  ],
  modelled: [[['a=[::1]'], { a: ['::1'] }]],
});
