import { attribute } from './attribute.ts';

attribute('device_cgroup_rules', {
  printed: [
    [
      ['c 1:3 mr', 'a 7:* rmw'],
      `
      device_cgroup_rules:
        - c 1:3 mr
        - a 7:* rmw`,
    ],
    [[], ''],
  ],
  refused: [
    [{ a: 'b' }, 'services.web.device_cgroup_rules must be a list'],
    ['one', 'services.web.device_cgroup_rules must be a list'],
    [['c 1:3 mr', 'c 1:3 mr'], 'services.web.device_cgroup_rules[1] repeats an item of the same list'],
  ],
});

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
      [{ source: '/dev/a', target: '/dev/b', permissions: 'rw', 'x-why': 1 }],
      `
      devices:
        - source: /dev/a
          target: /dev/b
          permissions: rw
          x-why: 1`,
    ],
  ],
  refused: [
    [
      ['a:b:c:d'],
      'services.web.devices[0]: invalid device "a:b:c:d": it has more than three parts; write source, target and permissions',
    ],
    [[{ source: '/dev/a' }], 'services.web.devices[0]: the device is missing a mount target'],
    [[{ target: '/dev/b' }], 'services.web.devices[0]: attribute "source" is missing'],
    ['x', 'services.web.devices must be a list'],
  ],
});

attribute('gpus', {
  printed: [
    [
      'all',
      `
      gpus:
        - count: -1`,
    ],
    [
      [{ driver: 'nvidia', count: 2, capabilities: ['gpu'] }],
      `
      gpus:
        - capabilities:
            - gpu
          driver: nvidia
          count: 2`,
    ],
    [
      [{ device_ids: ['a'], options: { k: 'v' } }],
      `
      gpus:
        - device_ids:
            - a
          options:
            k: v`,
    ],
    [
      [{ driver: 'nvidia' }],
      `
      gpus:
        - driver: nvidia
          count: -1`,
    ],
  ],
  refused: [
    ['some', 'services.web.gpus must be "all" or a list of device requests'],
    [
      [{ count: 1, device_ids: ['a'] }],
      'services.web.gpus[0]: "count" and "device_ids" attributes are exclusive',
    ],
    [[{ count: 'few' }], 'services.web.gpus[0].count: "few" is not a whole number'],
    [3, 'services.web.gpus must be a string or a list'],
  ],
});
