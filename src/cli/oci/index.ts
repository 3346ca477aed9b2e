import type { CommandGroup } from '../arguments/command.ts';

/** `tcompose oci …`: the runtime by itself, with the command line of an OCI runtime. */
export const ociGroup: CommandGroup = {
  summary: 'Run OCI bundles directly, without the engine',
  commands: {
    create: { summary: 'Set up a container from a bundle', load: () => import('./create.ts') },
    start: { summary: 'Run the command of a created container', load: () => import('./start.ts') },
    state: { summary: 'Print the state of a container', load: () => import('./state.ts') },
    kill: { summary: "Send a signal to a container's first process", load: () => import('./kill.ts') },
    delete: { summary: 'Forget a stopped container', load: () => import('./delete.ts') },
    run: { summary: 'Run a container, attached, and forget it', load: () => import('./run.ts') },
  },
};
