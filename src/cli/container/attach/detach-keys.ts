import type { FlagSpec } from '../../arguments/command.ts';

/** Docker's default; detach keys have no effect without a terminal. */
export const defaultDetachKeys = 'ctrl-p,ctrl-q';

/** Keys that detach from a container's terminal while the container keeps running. */
export const detachKeysFlag: FlagSpec = {
  name: 'detach-keys',
  type: 'string',
  value: 'KEYS',
  summary: `Keys that leave the terminal (default ${defaultDetachKeys})`,
};
