import { type Fields, listOf, pairs, struct, structByValue, texts } from './collections.ts';
import { flag, flagAsGiven, integer, text, textAlways } from './scalars.ts';

const pool = struct([
  ['subnet', text],
  ['gateway', text],
  ['ip_range', text],
  ['aux_addresses', pairs],
]);

/** Attributes of a top-level network in the order of `config`. */
const networkFields: Fields = [
  ['name', text],
  ['driver', text],
  ['driver_opts', pairs],
  [
    'ipam',
    structByValue([
      ['driver', text],
      ['config', listOf(pool)],
      ['options', pairs],
    ]),
  ],
  ['external', flag],
  ['internal', flag],
  ['attachable', flag],
  ['labels', pairs],
  ['enable_ipv4', flagAsGiven],
  ['enable_ipv6', flagAsGiven],
];

/** Attributes of a top-level volume in the order of `config`. */
const volumeFields: Fields = [
  ['name', text],
  ['driver', text],
  ['driver_opts', pairs],
  ['external', flag],
  ['labels', pairs],
];

/** Attributes of a top-level secret or config in the order of `config`. */
const fileObjectFields: Fields = [
  ['name', text],
  ['file', text],
  ['environment', text],
  ['content', textAlways],
  ['external', flag],
  ['labels', pairs],
  ['driver', text],
  ['driver_opts', pairs],
  ['template_driver', text],
];

/** Attributes of a top-level model in the order of `config`. */
const modelFields: Fields = [
  ['name', text],
  ['model', text],
  ['context_size', integer],
  ['runtime_flags', texts],
];

/** A value under the top-level `networks`. */
export const network = struct(networkFields);

/** A value under the top-level `volumes`. */
export const volume = struct(volumeFields);

/** A value under the top-level `configs` or `secrets`. */
export const fileObject = struct(fileObjectFields);

/** A value under the top-level `models`. */
export const model = struct(modelFields);
