import { attribute } from './attribute.ts';

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
    [['80:'], 'services.web.ports[0]: invalid port "80:": it names no container port'],
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
