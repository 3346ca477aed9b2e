import { attribute } from './attribute.ts';

attribute('blkio_config', {
  printed: [
    [
      {
        weight: 300,
        weight_device: [{ path: '/dev/sda', weight: 400 }],
        device_read_bps: [{ path: '/dev/sdb', rate: '12mb' }],
        device_write_iops: [{ path: '/dev/sdb', rate: 30 }],
      },
      `
      blkio_config:
        weight: 300
        weight_device:
          - path: /dev/sda
            weight: 400
        device_read_bps:
          - path: /dev/sdb
            rate: "12582912"
        device_write_iops:
          - path: /dev/sdb
            rate: "30"`,
    ],
  ],
  refused: [
    [{ weigth: 3 }, 'services.web.blkio_config: unknown attribute "weigth"'],
    [
      { device_read_bps: [{ path: '/dev/sdb', rate: 'fast' }] },
      'services.web.blkio_config.device_read_bps[0].rate: "fast" is not a size',
    ],
    [['x'], 'services.web.blkio_config must be a mapping'],
  ],
});

attribute('cgroup', {
  printed: [
    [
      'host',
      `
      cgroup: host`,
    ],
    [
      'private',
      `
      cgroup: private`,
    ],
  ],
  refused: [
    ['hosts', 'services.web.cgroup must be one of host, private'],
    [3, 'services.web.cgroup must be a string'],
  ],
});

attribute('cgroup_parent', {
  printed: [
    [
      'm-executor',
      `
      cgroup_parent: m-executor`,
    ],
  ],
  refused: [
    [['a'], 'services.web.cgroup_parent must be a string'],
    [7, 'services.web.cgroup_parent must be a string'],
  ],
});

attribute('mem_limit', {
  printed: [
    [
      '50M',
      `
      mem_limit: "52428800"`,
    ],
    [
      '1.5 gb',
      `
      mem_limit: "1610612736"`,
    ],
    [
      1024,
      `
      mem_limit: "1024"`,
    ],
    [0, ''],
  ],
  refused: [
    [['1m'], 'services.web.mem_limit must be a number or a string'],
    ['lots', 'services.web.mem_limit: "lots" is not a size'],
  ],
  modelled: [
    ['1k', 1024],
    ['2KiB', 2048],
    ['3b', 3],
  ],
});

attribute('mem_reservation', {
  printed: [
    [
      '50M',
      `
      mem_reservation: "52428800"`,
    ],
    [
      '1.5 gb',
      `
      mem_reservation: "1610612736"`,
    ],
    [
      1024,
      `
      mem_reservation: "1024"`,
    ],
    [0, ''],
  ],
  refused: [
    [['1m'], 'services.web.mem_reservation must be an integer or a string'],
    ['lots', 'services.web.mem_reservation: "lots" is not a size'],
  ],
  modelled: [
    ['1k', 1024],
    ['2KiB', 2048],
    ['3b', 3],
  ],
});

attribute('mem_swappiness', {
  printed: [
    [
      60,
      `
      mem_swappiness: "60"`,
    ],
    ['0', ''],
  ],
  refused: [
    [[1], 'services.web.mem_swappiness must be an integer or a string'],
    ['low', 'services.web.mem_swappiness: "low" is not a size'],
  ],
});

attribute('memswap_limit', {
  printed: [
    [
      '1g',
      `
      memswap_limit: "1073741824"`,
    ],
    [
      -1,
      `
      memswap_limit: "-1"`,
    ],
    [
      '-1',
      `
      memswap_limit: "-1"`,
    ],
  ],
  refused: [
    ['-2', 'services.web.memswap_limit: "-2" is not a size'],
    [[1], 'services.web.memswap_limit must be a number or a string'],
  ],
  modelled: [['-1', -1]],
});

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

attribute('pids_limit', {
  printed: [
    [
      12,
      `
      pids_limit: 12`,
    ],
    [
      '34',
      `
      pids_limit: 34`,
    ],
    [0, ''],
  ],
  refused: [
    [{ a: 1 }, 'services.web.pids_limit must be a number or a string'],
    ['many', 'services.web.pids_limit: "many" is not a whole number'],
  ],
  modelled: [['34', 34]],
});

attribute('ulimits', {
  printed: [
    [
      { nproc: 65535, nofile: { soft: 20000, hard: 40000 }, core: 0, memlock: '-1' },
      `
      ulimits:
        core:
          soft: 0
          hard: 0
        memlock: -1
        nofile:
          soft: 20000
          hard: 40000
        nproc: 65535`,
    ],
    [
      { memlock: '9223372036854775807', stack: { soft: '9223372036854771712', hard: '9223372036854775807' } },
      `
      ulimits:
        memlock: 9223372036854775807
        stack:
          soft: 9223372036854771712
          hard: 9223372036854775807`,
    ],
  ],
  refused: [
    [
      { nofile: '9223372036854775808' },
      'services.web.ulimits.nofile: 9223372036854775808 does not fit into 64 bits',
    ],
    [{ nofile: { soft: 1 } }, 'services.web.ulimits.nofile: attribute "hard" is missing'],
    [{ nofile: 'many' }, 'services.web.ulimits.nofile: "many" is not a whole number'],
    [{ nofile: [1] }, 'services.web.ulimits.nofile must be an integer or a string or a mapping'],
    [['nofile=1'], 'services.web.ulimits must be a mapping'],
  ],
  modelled: [[{ nofile: '5' }, { nofile: 5 }]],
});
