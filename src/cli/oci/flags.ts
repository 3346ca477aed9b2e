import type { ArgsSpec, FlagSpec } from '../arguments/command.ts';

/** Flags that every command of the group accepts, before or after its name, as in other OCI runtimes. */
export const groupFlags: readonly FlagSpec[] = [
  {
    name: 'root',
    type: 'string',
    value: 'DIR',
    summary: 'Directory of the state (default: oci in the run directory)',
  },
  { name: 'log', type: 'string', value: 'FILE', summary: 'File to append errors and warnings to' },
  {
    name: 'log-format',
    type: 'string',
    choices: ['text', 'json'],
    value: 'KIND',
    summary: 'Format of that file: text, json (default: text)',
  },
  { name: 'debug', type: 'boolean', summary: 'Accepted for compatibility' },
  {
    name: 'systemd-cgroup',
    type: 'boolean',
    summary: 'Refused: control groups are made directly, not by systemd',
  },
  { name: 'version', short: 'v', type: 'boolean', summary: 'Show the versions of runtime and specification' },
];

/** Flags of commands that start a process. */
export const pidFileFlag: FlagSpec = {
  name: 'pid-file',
  type: 'string',
  value: 'FILE',
  summary: 'File to write the pid to',
};
export const consoleSocketFlag: FlagSpec = {
  name: 'console-socket',
  type: 'string',
  value: 'SOCKET',
  summary: "Unix socket that receives the terminal's master",
};
export const preserveFdsFlag: FlagSpec = {
  name: 'preserve-fds',
  type: 'number',
  value: 'N',
  summary: 'Number of descriptors from 3 on that the process inherits',
};

/** Arguments of `create` and `run`: the container's id, where its bundle is, and what the process inherits from the caller. */
export const bundleArgs: ArgsSpec = {
  usage: 'ID',
  min: 1,
  max: 1,
  flags: [
    { name: 'bundle', short: 'b', type: 'string', value: 'DIR', summary: 'Bundle (default: this directory)' },
    pidFileFlag,
    consoleSocketFlag,
    preserveFdsFlag,
    { name: 'no-pivot', type: 'boolean', summary: 'Move the root file system instead of pivot_root(2)' },
    {
      name: 'no-new-keyring',
      type: 'boolean',
      summary: 'Accepted for compatibility: there is always a new one',
    },
  ],
};
