import { mergeCases } from './attribute.ts';

for (const name of ['dns', 'dns_opt', 'dns_search'])
  mergeCases(name, [
    ['lists append, each item once', '[a, b]', '[b, c]', '[a, b, c]'],
    ['a string is a list of one', 'a', 'b', '[a, b]'],
    ['a string over a list', '[a, b]', 'a', '[a, b]'],
  ]);

mergeCases('expose', [
  [
    'ports append, each once, numbers or strings',
    '[3000, "4000"]',
    '["3000", 5000]',
    '["3000", "4000", 5000]',
  ],
]);

mergeCases('external_links', [['lists append', '[a, b]', '[b, c]', '[a, b, b, c]']]);

mergeCases('extra_hosts', [
  ['lists append without repeats', '["a=1", "b=2"]', '["a=1", "a=3"]', '["a=1", "b=2", "a=3"]'],
  [
    'mappings become lists, several addresses several items',
    '{b: "2", a: ["1", "3"]}',
    '{a: "4"}',
    '["a=1", "a=3", "b=2", "a=4"]',
  ],
]);

mergeCases('links', [
  ['lists append, each link once', '[db, "db:alias"]', '[db, cache]', '[db, "db:alias", cache]'],
]);

for (const name of ['mac_address', 'network_mode'])
  mergeCases(name, [['the override replaces', 'one', 'two', 'two']]);

mergeCases('networks', [
  ['lists become mappings', '[a, b]', '[b, c]', '{a: null, b: null, c: null}'],
  [
    'mappings merge by network, aliases each once',
    '{a: {aliases: [x, y]}}',
    '{a: {aliases: [y, z], priority: 1}}',
    '{a: {aliases: [x, y, z], priority: 1}}',
  ],
  ['settings over a bare name', '[a]', '{a: {ipv4_address: 1.2.3.4}}', '{a: {ipv4_address: 1.2.3.4}}'],
  ['a bare name keeps the settings', '{a: {priority: 1}}', '[a]', '{a: {priority: 1}}'],
]);

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
