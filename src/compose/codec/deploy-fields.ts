import { type Fields, listOf, pairs, struct, structByValue, texts } from './collections.ts';
import {
  bytes,
  deviceCount,
  duration,
  durationAsGiven,
  fraction,
  integer,
  integerAsGiven,
  text,
} from './scalars.ts';
import { count } from './special.ts';

/** A request for devices: `gpus` and `deploy.resources.reservations.devices`. */
export const deviceRequest = struct([
  ['capabilities', texts],
  ['driver', text],
  ['count', deviceCount],
  ['device_ids', texts],
  ['options', pairs],
]);

const updateConfig = struct([
  ['parallelism', count],
  ['delay', duration],
  ['failure_action', text],
  ['monitor', duration],
  ['max_failure_ratio', fraction],
  ['order', text],
]);

const genericResource = struct([
  [
    'discrete_resource_spec',
    struct([
      ['kind', text],
      ['value', integerAsGiven],
    ]),
  ],
]);

const resourceSet = struct([
  ['cpus', fraction],
  ['memory', bytes],
  ['pids', integer],
  ['devices', listOf(deviceRequest)],
  ['generic_resources', listOf(genericResource)],
]);

/** Attributes of `services.*.deploy` in the order of `config`. */
export const deployFields: Fields = [
  ['mode', text],
  ['replicas', integerAsGiven],
  ['labels', pairs],
  ['update_config', updateConfig],
  ['rollback_config', updateConfig],
  [
    'resources',
    structByValue([
      ['limits', resourceSet],
      ['reservations', resourceSet],
    ]),
  ],
  [
    'restart_policy',
    struct([
      ['condition', text],
      ['delay', durationAsGiven],
      ['max_attempts', count],
      ['window', durationAsGiven],
    ]),
  ],
  [
    'placement',
    structByValue([
      ['constraints', texts],
      ['preferences', listOf(struct([['spread', text]]))],
      ['max_replicas_per_node', integer],
    ]),
  ],
  ['endpoint_mode', text],
];
