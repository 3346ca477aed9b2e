import { section } from './section.ts';

section('networks', {
  printed: [
    [
      { front: null },
      `
      front:
        name: p_front`,
    ],
    [
      {
        back: {
          driver: 'bridge',
          driver_opts: { a: 1 },
          ipam: {
            driver: 'default',
            config: [
              {
                subnet: '172.28.0.0/16',
                ip_range: '172.28.5.0/24',
                gateway: '172.28.5.254',
                aux_addresses: { h: '172.28.1.5' },
              },
            ],
            options: { o: 'v' },
          },
          internal: true,
          enable_ipv4: false,
          enable_ipv6: 'true',
          labels: ['a=b'],
          'x-n': 1,
        },
      },
      `
      back:
        name: p_back
        driver: bridge
        driver_opts:
          a: "1"
        ipam:
          driver: default
          config:
            - subnet: 172.28.0.0/16
              gateway: 172.28.5.254
              ip_range: 172.28.5.0/24
              aux_addresses:
                h: 172.28.1.5
          options:
            o: v
        internal: true
        labels:
          a: b
        enable_ipv4: false
        enable_ipv6: true
        x-n: 1`,
    ],
    [
      { ext: { external: true } },
      `
      ext:
        name: ext
        external: true`,
    ],
    [
      { ext: { external: { name: 'real' } } },
      `
      ext:
        name: real
        external: true`,
    ],
  ],
  refused: [
    [
      { n: { external: { name: 'a' }, name: 'b' } },
      'networks.n: name and external.name conflict; only use name',
    ],
    [{ n: { drver: 'x' } }, 'networks.n: unknown attribute "drver"'],
    [{ n: { ipam: { config: [{ subnet: 1 }] } } }, 'networks.n.ipam.config[0].subnet must be a string'],
    [{ n: { enable_ipv6: 'perhaps' } }, 'networks.n.enable_ipv6: "perhaps" is neither true nor false'],
    [['n'], 'networks must be a mapping'],
  ],
  warned: [
    [
      { n: { external: true, driver: 'bridge' } },
      'networks.n: "driver" has no effect on an external network',
    ],
    [{ n: { attachable: true } }, '"networks.attachable" is not supported: only a cluster has it (n)'],
  ],
});
