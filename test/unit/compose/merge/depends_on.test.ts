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
