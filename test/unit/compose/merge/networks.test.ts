import { mergeCases } from './attribute.ts';

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
