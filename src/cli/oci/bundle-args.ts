import type { ArgsSpec } from '../arguments/command.ts';
import { rootFlag } from './store.ts';

/** What `create` and `run` take: the container's id and where its bundle is. */
export const bundleArgs: ArgsSpec = {
  usage: 'ID',
  min: 1,
  max: 1,
  flags: [
    rootFlag,
    { name: 'bundle', short: 'b', type: 'string', value: 'DIR', summary: 'Bundle (default: this directory)' },
    { name: 'pid-file', type: 'string', value: 'FILE', summary: 'File to write the pid to' },
  ],
};
