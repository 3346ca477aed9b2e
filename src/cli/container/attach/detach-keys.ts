import type { FlagSpec } from '../../arguments/command.ts';

/** Docker's; they have no effect without a terminal. */
export const defaultDetachKeys = 'ctrl-p,ctrl-q';

/** Keys that leave a container's terminal, the container going on. */
export const detachKeysFlag: FlagSpec = {
  name: 'detach-keys',
  type: 'string',
  value: 'KEYS',
  summary: `Keys that leave the terminal (default ${defaultDetachKeys})`,
};
