import { type Fields, listOf, pairsOrNull, struct, texts } from './collections.ts';
import { flag, text, textAlways } from './scalars.ts';
import { command } from './special.ts';

const shared: Fields = [
  ['user', text],
  ['privileged', flag],
  ['working_dir', text],
  ['environment', pairsOrNull],
];

/** `post_start`, `pre_stop` and the `exec` of a watch rule. */
export const hook = struct([['command', command], ...shared]);

/** An entry of `pre_start`. */
export const preStartHook = struct([['command', command], ['image', text], ...shared, ['per_replica', flag]]);

/** Attributes of `services.*.develop` in the order `config` prints them. */
export const developFields: Fields = [
  [
    'watch',
    listOf(
      struct([
        ['path', textAlways],
        ['action', textAlways],
        ['target', text],
        ['exec', hook],
        ['include', texts],
        ['ignore', texts],
        ['initial_sync', flag],
      ]),
    ),
  ],
];
