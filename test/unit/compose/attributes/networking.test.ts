import { attribute } from './attribute.ts';

attribute('dns', {
  printed: [
    [
      '8.8.8.8',
      `
      dns:
        - 8.8.8.8`,
    ],
    [
      ['8.8.8.8', '::1', ''],
      `
      dns:
        - 8.8.8.8
        - ::1`,
    ],
    [[''], ''],
  ],
  refused: [
    [{ a: 'b' }, 'services.web.dns must be a string or a list'],
    [['1.1.1.1', '1.1.1.1'], 'services.web.dns[1] repeats an item of the same list'],
  ],
});

attribute('dns_opt', {
  printed: [
    [
      ['ndots:2', 'use-vc'],
      `
      dns_opt:
        - ndots:2
        - use-vc`,
    ],
    [[], ''],
  ],
  refused: [
    [{ a: 'b' }, 'services.web.dns_opt must be a list'],
    ['one', 'services.web.dns_opt must be a list'],
    [['ndots:2', 'ndots:2'], 'services.web.dns_opt[1] repeats an item of the same list'],
  ],
});

attribute('dns_search', {
  printed: [
    [
      'a.example',
      `
      dns_search:
        - a.example`,
    ],
    [
      ['a.example', 'b.example'],
      `
      dns_search:
        - a.example
        - b.example`,
    ],
  ],
  refused: [
    [{ a: 'b' }, 'services.web.dns_search must be a string or a list'],
    [['a.example', 'a.example'], 'services.web.dns_search[1] repeats an item of the same list'],
  ],
});

attribute('expose', {
  printed: [
    [
      ['3000', 8000, '53/udp', '3001-3005'],
      `
      expose:
        - "3000"
        - "8000"
        - 53/udp
        - 3001-3005`,
    ],
    [[], ''],
  ],
  refused: [
    [{ a: 'b' }, 'services.web.expose must be a list'],
    ['one', 'services.web.expose must be a list'],
    [['3000', '3000'], 'services.web.expose[1] repeats an item of the same list'],
    [[80.5], 'services.web.expose[0]: invalid port "80.5": a port is a whole number'],
    [[true], 'services.web.expose[0] must be a string or a number'],
  ],
});

attribute('external_links', {
  printed: [
    [
      ['redis_1', 'db_1:mysql'],
      `
      external_links:
        - redis_1
        - db_1:mysql`,
    ],
    [[], ''],
  ],
  refused: [
    [{ a: 'b' }, 'services.web.external_links must be a list'],
    ['one', 'services.web.external_links must be a list'],
    [['redis_1', 'redis_1'], 'services.web.external_links[1] repeats an item of the same list'],
  ],
});

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

attribute('links', {
  printed: [
    [
      ['db', 'db:database'],
      `
      links:
        - db
        - db:database`,
    ],
  ],
  refused: [
    [['nobody:x'], 'service "web" depends on undefined service "nobody"'],
    [['db', 'db'], 'services.web.links[1] repeats an item of the same list'],
    ['db', 'services.web.links must be a list'],
  ],
});

attribute('mac_address', {
  printed: [
    [
      '02:42:ac:11:65:43',
      `
      mac_address: 02:42:ac:11:65:43`,
    ],
  ],
  refused: [
    [['a'], 'services.web.mac_address must be a string'],
    [7, 'services.web.mac_address must be a string'],
  ],
});

attribute('network_mode', {
  printed: [
    [
      'host',
      `
      network_mode: host`,
    ],
    [
      'none',
      `
      network_mode: none`,
    ],
  ],
  refused: [
    [['a'], 'services.web.network_mode must be a string'],
    [7, 'services.web.network_mode must be a string'],
    ['service:nobody', 'service "web" depends on undefined service "nobody"'],
  ],
});

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

attribute('ports', {
  printed: [
    [
      [3000],
      `
      ports:
        - mode: ingress
          target: 3000
          protocol: tcp`,
    ],
    [
      ['8000:8000'],
      `
      ports:
        - mode: ingress
          target: 8000
          published: "8000"
          protocol: tcp`,
    ],
    [
      ['3001-3003'],
      `
      ports:
        - mode: ingress
          target: 3001
          protocol: tcp
        - mode: ingress
          target: 3002
          protocol: tcp
        - mode: ingress
          target: 3003
          protocol: tcp`,
    ],
    [
      ['9090-9091:8080-8081/udp'],
      `
      ports:
        - mode: ingress
          target: 8080
          published: "9090"
          protocol: udp
        - mode: ingress
          target: 8081
          published: "9091"
          protocol: udp`,
    ],
    [
      ['127.0.0.1:8001:8001'],
      `
      ports:
        - mode: ingress
          host_ip: 127.0.0.1
          target: 8001
          published: "8001"
          protocol: tcp`,
    ],
    [
      ['127.0.0.1::80'],
      `
      ports:
        - mode: ingress
          host_ip: 127.0.0.1
          target: 80
          protocol: tcp`,
    ],
    [
      ['[::1]:6000:60'],
      `
      ports:
        - mode: ingress
          host_ip: ::1
          target: 60
          published: "6000"
          protocol: tcp`,
    ],
    [
      ['3000-3010:80'],
      `
      ports:
        - mode: ingress
          target: 80
          published: 3000-3010
          protocol: tcp`,
    ],
    [
      [
        {
          name: 'http',
          target: '80',
          published: 8080,
          mode: 'host',
          protocol: 'udp',
          app_protocol: 'http',
          'x-a': 1,
        },
      ],
      `
      ports:
        - name: http
          mode: host
          target: 80
          published: "8080"
          protocol: udp
          app_protocol: http
          x-a: 1`,
    ],
  ],
  refused: [
    [['80:90:100:110'], 'services.web.ports[0]: invalid port "80:90:100:110": "80:90" is not an IP address'],
    [['x:80'], 'services.web.ports[0]: invalid port "x:80": the host port "x" is not a number or range'],
    [[80.5], 'services.web.ports[0]: invalid port "80.5": a port is a whole number'],
    [['8080:0'], 'services.web.ports[0]: the port is missing a target port'],
    [[{ published: 80 }], 'services.web.ports[0]: the port is missing a target port'],
    [['80:'], 'services.web.ports[0]: invalid port "80:": it has no container port'],
    [['1-3:5-6'], 'services.web.ports[0]: invalid port "1-3:5-6": the ranges 1-3 and 5-6 differ in length'],
    [['90000'], 'services.web.ports[0]: invalid port "90000": the container port "90000" is above 65535'],
    [['9-8'], 'services.web.ports[0]: invalid port "9-8": the container port range "9-8" runs backwards'],
    [['80/icmp'], 'services.web.ports[0]: invalid port "80/icmp": "icmp" is not tcp, udp or sctp'],
    [[{ target: 80, host_ip: 'localhost' }], 'services.web.ports[0]: invalid ip address: localhost'],
    [[{ target: 'http' }], 'services.web.ports[0].target: "http" is not a whole number'],
    [['80:80', '80:80'], 'services.web.ports[1] repeats an item of the same list'],
    [{ '80': 80 }, 'services.web.ports must be a list'],
    [[{ taget: 80 }], 'services.web.ports[0]: unknown attribute "taget"'],
    [
      ['a:b', 'c:d'],
      'services.web.ports[0]: invalid port "a:b": the container port "b" is not a number or range',
      'services.web.ports[1]: invalid port "c:d": the container port "d" is not a number or range',
    ],
  ],
  modelled: [[['8000:80'], [{ mode: 'ingress', target: 80, published: '8000', protocol: 'tcp' }]]],
});
