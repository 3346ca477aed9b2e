import { attribute } from './attribute.ts';

attribute('networks', {
  top: { networks: { front: null, back: null } },
  printed: [
    [
      ['front', 'back'],
      `
      networks:
        back: null
        front: null`,
    ],
    [
      {
        front: {
          aliases: ['a'],
          ipv4_address: '172.16.238.10',
          ipv6_address: '2001:db8::10',
          link_local_ips: ['169.254.1.1'],
          mac_address: '02:42:72:98:65:08',
          driver_opts: { a: 1 },
          priority: 10,
          gw_priority: 5,
          interface_name: 'eth7',
        },
        back: null,
      },
      `
      networks:
        back: null
        front:
          aliases:
            - a
          driver_opts:
            a: "1"
          gw_priority: 5
          interface_name: eth7
          ipv4_address: 172.16.238.10
          ipv6_address: 2001:db8::10
          link_local_ips:
            - 169.254.1.1
          mac_address: 02:42:72:98:65:08
          priority: 10`,
    ],
  ],
  refused: [
    [['fornt'], 'service "web" refers to undefined network fornt'],
    [{ front: { ip: 'x' } }, 'services.web.networks.front: unknown attribute "ip"'],
    [{ front: { priority: 'high' } }, 'services.web.networks.front.priority must be a number'],
    ['front', 'services.web.networks must be a list or a mapping'],
  ],
});
