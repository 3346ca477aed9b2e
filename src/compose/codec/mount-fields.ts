import { type Fields, pairs, struct } from './collections.ts';
import { bytes, fileModeNumber, flag, optOut, text } from './scalars.ts';

/** Attributes of an entry of `services.*.volumes` in the order of `config`. */
export const mountFields: Fields = [
  ['type', text],
  ['source', text],
  ['target', text],
  ['read_only', flag],
  ['consistency', text],
  [
    'bind',
    struct([
      ['selinux', text],
      ['propagation', text],
      ['create_host_path', optOut],
      ['recursive', text],
    ]),
  ],
  [
    'volume',
    struct([
      ['labels', pairs],
      ['nocopy', flag],
      ['subpath', text],
    ]),
  ],
  [
    'tmpfs',
    struct([
      ['size', bytes],
      ['mode', fileModeNumber],
    ]),
  ],
  ['image', struct([['subpath', text]])],
];
