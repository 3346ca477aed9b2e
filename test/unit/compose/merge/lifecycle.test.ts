import { mergeCases } from './attribute.ts';

mergeCases('depends_on', [
  [
    'lists become mappings',
    '[a]',
    '[b]',
    '{a: {condition: service_started, required: true}, b: {condition: service_started, required: true}}',
  ],
  [
    'a list over a mapping resets the condition',
    '{a: {condition: service_healthy, restart: true}}',
    '[a]',
    '{a: {condition: service_started, restart: true, required: true}}',
  ],
  [
    'mappings merge by service',
    '{a: {condition: service_healthy}}',
    '{a: {required: false}, b: {condition: service_started}}',
    '{a: {condition: service_healthy, required: false}, b: {condition: service_started}}',
  ],
]);

mergeCases('develop', [
  [
    'watch rules append',
    '{watch: [{path: a, action: sync, target: /a}]}',
    '{watch: [{path: a, action: rebuild}]}',
    '{watch: [{path: a, action: sync, target: /a}, {path: a, action: rebuild}]}',
  ],
]);

mergeCases('healthcheck.test', [['the override replaces', '[CMD, a]', 'b', 'b']]);

mergeCases('healthcheck', [
  [
    'mappings merge',
    '{interval: 1s, retries: 1}',
    '{interval: 2s, timeout: 3s}',
    '{interval: 2s, retries: 1, timeout: 3s}',
  ],
]);

mergeCases('logging', [
  [
    'options of one driver merge',
    '{driver: d, options: {a: 1}}',
    '{driver: d, options: {b: 2}}',
    '{driver: d, options: {a: 1, b: 2}}',
  ],
  [
    'another driver replaces all',
    '{driver: d, options: {a: 1}}',
    '{driver: e, options: {b: 2}}',
    '{driver: e, options: {b: 2}}',
  ],
  [
    'without a driver the options merge',
    '{driver: d, options: {a: 1}}',
    '{options: {a: 2}}',
    '{driver: d, options: {a: 2}}',
  ],
]);

for (const name of ['post_start', 'pre_start', 'pre_stop'])
  mergeCases(name, [['hooks append', '[{command: a}]', '[{command: a}]', '[{command: a}, {command: a}]']]);

for (const name of ['restart', 'stop_signal'])
  mergeCases(name, [['the override replaces', 'one', 'two', 'two']]);

mergeCases('stop_grace_period', [['the override replaces', '10s', '1m', '1m']]);

mergeCases('use_api_socket', [['the override replaces', 'true', 'false', 'false']]);
