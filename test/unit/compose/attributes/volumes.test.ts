import { attribute } from './attribute.ts';

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
      '"volumes.*.consistency" is not carried out: only Docker Desktop has it (web)',
    ],
  ],
});
