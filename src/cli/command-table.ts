import type { CommandEntry, CommandGroup } from './command.ts';

/** Commands by name. Each `load` is the only reference to its module, so a run evaluates one of them. */
export const commands: Readonly<Record<string, CommandEntry>> = {
  version: { summary: 'Show version information', load: () => import('./commands/version.ts') },
};

/** Groups of engine-level commands (`tcompose image ls`). */
export const groups: Readonly<Record<string, CommandGroup>> = {};
