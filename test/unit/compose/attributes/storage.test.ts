import { attribute } from './attribute.ts';

attribute('configs', {
  top: { configs: { one: { content: 'x' }, two: { file: './f' } } },
  printed: [
    [
      ['one', { source: 'two', target: '/t', uid: '103', gid: '103', mode: '0440' }],
      `
      configs:
        - source: one
        - source: two
          target: /t
          uid: "103"
          gid: "103"
          mode: "0440"`,
    ],
    [
      [{ source: 'two', target: '/t', mode: 288 }],
      `
      configs:
        - source: two
          target: /t
          mode: "0440"`,
    ],
  ],
  refused: [
    [['three'], 'service "web" refers to undefined config three'],
    [[{ source: 'one', mode: '9' }], 'services.web.configs[0].mode: "9" is not a file mode'],
    [[{ source: 'one', uid: 103 }], 'services.web.configs[0].uid must be a string'],
    ['one', 'services.web.configs must be a list'],
  ],
  modelled: [
    [[{ source: 'two', target: '/t', mode: '0440' }], [{ source: 'two', target: '/t', mode: 0o440 }]],
  ],
});

attribute('read_only', {
  printed: [
    [
      true,
      `
      read_only: true`,
    ],
    [
      'true',
      `
      read_only: true`,
    ],
    [false, ''],
    ['f', ''],
  ],
  refused: [
    [[true], 'services.web.read_only must be a boolean'],
    ['maybe', 'services.web.read_only: "maybe" is neither true nor false'],
  ],
  modelled: [
    [false, false],
    ['1', true],
  ],
});

attribute('secrets', {
  top: { secrets: { one: { environment: 'E' }, two: { file: './f' } } },
  printed: [
    [
      ['one', { source: 'two', target: '/t', uid: '103', gid: '103', mode: '0440' }],
      `
      secrets:
        - source: one
          target: /run/secrets/one
        - source: two
          target: /t
          uid: "103"
          gid: "103"
          mode: "0440"`,
    ],
    [
      [{ source: 'two', target: '/t', mode: 288 }],
      `
      secrets:
        - source: two
          target: /t
          mode: "0440"`,
    ],
  ],
  refused: [
    [['three'], 'service "web" refers to undefined secret three'],
    [[{ source: 'one', mode: '9' }], 'services.web.secrets[0].mode: "9" is not a file mode'],
    [[{ source: 'one', uid: 103 }], 'services.web.secrets[0].uid must be a string'],
    ['one', 'services.web.secrets must be a list'],
  ],
  modelled: [
    [[{ source: 'two', target: '/t', mode: '0440' }], [{ source: 'two', target: '/t', mode: 0o440 }]],
  ],
});

attribute('shm_size', {
  printed: [
    [
      '50M',
      `
      shm_size: "52428800"`,
    ],
    [
      '1.5 gb',
      `
      shm_size: "1610612736"`,
    ],
    [
      1024,
      `
      shm_size: "1024"`,
    ],
    [0, ''],
  ],
  refused: [
    [['1m'], 'services.web.shm_size must be a number or a string'],
    ['lots', 'services.web.shm_size: "lots" is not a size'],
  ],
  modelled: [
    ['1k', 1024],
    ['2KiB', 2048],
    ['3b', 3],
  ],
});

attribute('storage_opt', {
  printed: [
    [
      { size: '20G', n: 1 },
      `
      storage_opt:
        "n": "1"
        size: 20G`,
    ],
  ],
  refused: [['20G', 'services.web.storage_opt must be a mapping']],
  warned: [[{ size: '20G' }, '"storage_opt" is not supported: the storage has no quotas (web)']],
});

attribute('tmpfs', {
  printed: [
    [
      '/run',
      `
      tmpfs:
        - /run`,
    ],
    [
      ['/run', '/tmp:size=64m'],
      `
      tmpfs:
        - /run
        - /tmp:size=64m`,
    ],
  ],
  refused: [
    [{ a: 'b' }, 'services.web.tmpfs must be a string or a list'],
    [['/run', '/run'], 'services.web.tmpfs[1] repeats an item of the same list'],
  ],
});

attribute('volumes', {
  top: { volumes: { data: null } },
  printed: [
    [
      ['/var/lib/anonymous'],
      `
      volumes:
        - type: volume
          target: /var/lib/anonymous
          volume: {}`,
    ],
    [
      ['/opt/data:/var/lib/data/'],
      `
      volumes:
        - type: bind
          source: /opt/data
          target: /var/lib/data
          bind: {}`,
    ],
    [
      ['~/configs:/etc/configs:ro,Z,rslave'],
      `
      volumes:
        - type: bind
          source: ~/configs
          target: /etc/configs
          read_only: true
          bind:
            selinux: Z
            propagation: rslave`,
    ],
    [
      ['data:/var/lib/volume:nocopy,unknown'],
      `
      volumes:
        - type: volume
          source: data
          target: /var/lib/volume
          volume:
            nocopy: true`,
    ],
    [
      [{ type: 'bind', source: './opt', target: '/o', consistency: 'cached' }],
      `
      volumes:
        - type: bind
          source: ./opt
          target: /o
          consistency: cached`,
    ],
    [
      [
        {
          type: 'bind',
          source: '/a',
          target: '/b',
          bind: { create_host_path: false, recursive: 'readonly' },
        },
      ],
      `
      volumes:
        - type: bind
          source: /a
          target: /b
          bind:
            create_host_path: false
            recursive: readonly`,
    ],
    [
      [{ type: 'tmpfs', target: '/t', tmpfs: { size: '10k', mode: '1777' } }],
      `
      volumes:
        - type: tmpfs
          target: /t
          tmpfs:
            size: "10240"
            mode: 1023`,
    ],
    [
      [
        { type: 'image', source: 'i', target: '/i', image: { subpath: 's' } },
        { type: 'volume', target: '/v', volume: { labels: ['a=b'], subpath: 'p' } },
      ],
      `
      volumes:
        - type: image
          source: i
          target: /i
          image:
            subpath: s
        - type: volume
          target: /v
          volume:
            labels:
              a: b
            subpath: p`,
    ],
    [
      ['/a'],
      `
      volumes:
        - type: volume
          target: /a`,
    ],
  ],
  refused: [
    [
      [{ type: 'bind', target: '/b' }],
      'services.web.volumes[0]: invalid mount config for type "bind": field Source must not be empty',
    ],
    [['data:/b:ro:x'], 'services.web.volumes[0]: invalid volume "data:/b:ro:x": it has too many colons'],
    [
      ['data::ro'],
      'services.web.volumes[0]: invalid volume "data::ro": it has an empty section between colons',
    ],
    [[''], 'services.web.volumes[0]: invalid volume "": it is empty'],
    [['nodata:/x'], 'service "web" refers to undefined volume nodata'],
    [['data:/x', '/y:/x'], 'services.web.volumes[1]: target /x already mounted as services.web.volumes[0]'],
    [[{ source: 'x' }], 'services.web.volumes[0]: attribute "type" is missing'],
    [
      [{ type: 'bnd' }],
      'services.web.volumes[0].type must be one of bind, volume, tmpfs, image, npipe, cluster',
    ],
    [{ a: 'b' }, 'services.web.volumes must be a list'],
  ],
  warned: [
    [
      [{ type: 'bind', source: '/a', target: '/b', consistency: 'cached' }],
      '"volumes.*.consistency" is not supported: only Docker Desktop has it (web)',
    ],
  ],
});

attribute('volumes_from', {
  printed: [
    [
      ['db:ro', 'container:c:rw'],
      `
      volumes_from:
        - db:ro
        - container:c:rw`,
    ],
  ],
  refused: [
    [['nobody'], 'service "web" depends on undefined service "nobody"'],
    ['db', 'services.web.volumes_from must be a list'],
  ],
});
