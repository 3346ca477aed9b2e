import type { Command, CommandEntry, CommandGroup } from '../arguments/command.ts';
import { groupFlags } from './flags.ts';

type Load = () => Promise<{ readonly command: Command }>;

const entry = (summary: string, load: Load): CommandEntry => ({
  summary,
  load: async () => {
    const [{ command }, { logged }] = await Promise.all([load(), import('./log.ts')]);
    return { command: logged(command) };
  },
});

/** `tcompose oci …`: the runtime alone, with the command line of an OCI runtime. */
export const ociGroup: CommandGroup = {
  summary: 'Run OCI bundles directly, without the engine; an OCI runtime for podman and others',
  flags: groupFlags,
  commands: {
    create: entry('Set up a container from a bundle', () => import('./commands/create.ts')),
    start: entry('Run the command of a created container', () => import('./commands/start.ts')),
    state: entry('Print the state of a container', () => import('./commands/state.ts')),
    kill: entry("Send a signal to a container's first process", () => import('./commands/kill.ts')),
    delete: entry('Forget a stopped container', () => import('./commands/delete.ts')),
    run: entry('Run a container, and delete it', () => import('./commands/run.ts')),
    exec: entry('Run another process in a container', () => import('./commands/exec.ts')),
    list: entry('List containers', () => import('./commands/list.ts')),
    ps: entry('List the processes of a container', () => import('./commands/ps.ts')),
    pause: entry('Pause all processes of a container', () => import('./commands/pause.ts')),
    resume: entry('Resume all processes of a container', () => import('./commands/resume.ts')),
    update: entry("Change a container's limits", () => import('./commands/update.ts')),
    events: entry('Print what a container uses', () => import('./commands/events.ts')),
    features: entry('Print what this runtime can do, as JSON', () => import('./commands/features.ts')),
    spec: entry('Write a starting config.json', () => import('./commands/spec.ts')),
    version: entry('Show the versions of runtime and specification', () => import('./commands/version.ts')),
  },
};
