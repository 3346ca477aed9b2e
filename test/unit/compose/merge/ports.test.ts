import { mergeCases } from './attribute.ts';

mergeCases('ports', [
  ['the same text is one port', '["80:80", 443]', '["80:80", "81:80"]', '["80:80", 443, "81:80"]'],
  [
    'long forms are the same by address, both ports and protocol',
    '[{target: 80, published: "80", protocol: tcp}]',
    '[{target: 80, published: "80", mode: host}, {target: 80, published: "80", protocol: udp}]',
    '[{target: 80, published: "80", mode: host}, {target: 80, published: "80", protocol: udp}]',
  ],
  [
    'an address makes another port',
    '[{target: 80, published: "80"}]',
    '[{target: 80, published: "80", host_ip: 127.0.0.1}]',
    '[{target: 80, published: "80"}, {target: 80, published: "80", host_ip: 127.0.0.1}]',
  ],
]);
