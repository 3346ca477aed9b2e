import { alwaysInJson, type Fields, listOf, pairsOrNull, struct, texts } from './collections.ts';
import { OutMap } from './out.ts';
import { flag, text, textAlways } from './scalars.ts';
import { command } from './special.ts';

const shared: Fields = [
  ['user', text],
  ['privileged', flag],
  ['working_dir', text],
  ['environment', pairsOrNull],
];

/** An entry of `post_start` or `pre_stop`. */
export const hook = struct([['command', command], ...shared]);

/** An entry of `pre_start`. */
export const preStartHook = struct([['command', command], ['image', text], ...shared, ['per_replica', flag]]);

/** The `exec` of a watch rule; Go's JSON has one without a command if the file has none. */
const watchExec = alwaysInJson(hook, () => {
  const none = new OutMap();
  none.set('command', null);
  return none;
});

/** Attributes of `services.*.develop` in the order of `config`. */
export const developFields: Fields = [
  [
    'watch',
    listOf(
      struct([
        ['path', textAlways],
        ['action', textAlways],
        ['target', text],
        ['exec', watchExec],
        ['include', texts],
        ['ignore', texts],
        ['initial_sync', flag],
      ]),
    ),
  ],
];
