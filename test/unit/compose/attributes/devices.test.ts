import { attribute } from './attribute.ts';

attribute('devices', {
  printed: [
    [
      ['/dev/ttyUSB0', '/dev/a:/dev/b', '/dev/c:/dev/d:r', 'vendor.com/gpu=0'],
      `
      devices:
        - source: /dev/ttyUSB0
          target: /dev/ttyUSB0
          permissions: rwm
        - source: /dev/a
          target: /dev/b
          permissions: rwm
        - source: /dev/c
          target: /dev/d
          permissions: r
        - source: vendor.com/gpu=0
          target: vendor.com/gpu=0
          permissions: rwm`,
    ],
    [
      [{ source: '/dev/a', permissions: 'rw', 'x-why': 1 }],
      `
      devices:
        - source: /dev/a
          permissions: rw
          x-why: 1`,
    ],
  ],
  refused: [
    [
      ['a:b:c:d'],
      'services.web.devices[0]: invalid device "a:b:c:d": it has more than three parts; write source, target and permissions',
    ],
    [[{ target: '/dev/b' }], 'services.web.devices[0]: attribute "source" is missing'],
    ['x', 'services.web.devices must be a list'],
  ],
});
