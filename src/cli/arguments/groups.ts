import type { CommandGroup } from './command.ts';

/** Groups of engine-level commands, named as the docker CLI's management commands (`tcompose image ls`). */
export const engineGroups: Readonly<Record<string, CommandGroup>> = {
  container: {
    summary: 'Manage containers',
    commands: {
      attach: {
        summary: 'Connect this terminal with a running container',
        load: () => import('../container/attach.ts'),
      },
      create: {
        summary: 'Create a container without starting it',
        load: () => import('../container/create.ts'),
      },
      exec: { summary: 'Run a command in a running container', load: () => import('../container/exec.ts') },
      inspect: { summary: 'Show everything about containers', load: () => import('../container/inspect.ts') },
      kill: { summary: 'Send a signal to running containers', load: () => import('../container/kill.ts') },
      logs: { summary: 'Show what a container printed', load: () => import('../container/logs.ts') },
      ls: { summary: 'List containers', load: () => import('../container/ls.ts') },
      pause: { summary: 'Freeze all processes of containers', load: () => import('../container/pause.ts') },
      rename: { summary: 'Give a container another name', load: () => import('../container/rename.ts') },
      restart: { summary: 'Stop and start containers', load: () => import('../container/restart.ts') },
      rm: { summary: 'Remove containers', load: () => import('../container/rm.ts') },
      run: {
        summary: 'Create a container and run a command in it',
        load: () => import('../container/run.ts'),
      },
      start: { summary: 'Start stopped containers', load: () => import('../container/start.ts') },
      stop: { summary: 'Stop running containers', load: () => import('../container/stop.ts') },
      unpause: { summary: 'Let paused containers go on', load: () => import('../container/unpause.ts') },
      wait: { summary: 'Wait until containers stop', load: () => import('../container/wait.ts') },
    },
  },
  image: {
    summary: 'Manage images',
    commands: {
      import: {
        summary: 'Make an image of a root file system in a tar archive',
        load: () => import('../image/import.ts'),
      },
      inspect: { summary: 'Show everything about images', load: () => import('../image/inspect.ts') },
      ls: { summary: 'List images', load: () => import('../image/ls.ts') },
      rm: { summary: 'Remove images', load: () => import('../image/rm.ts') },
      tag: { summary: 'Give an image a further name', load: () => import('../image/tag.ts') },
    },
  },
  network: {
    summary: 'Manage networks',
    commands: {
      connect: { summary: 'Connect a container to a network', load: () => import('../network/connect.ts') },
      create: { summary: 'Create a network', load: () => import('../network/create.ts') },
      disconnect: {
        summary: 'Disconnect a container from a network',
        load: () => import('../network/disconnect.ts'),
      },
      inspect: { summary: 'Show everything about networks', load: () => import('../network/inspect.ts') },
      ls: { summary: 'List networks', load: () => import('../network/ls.ts') },
      prune: { summary: 'Remove networks that no container uses', load: () => import('../network/prune.ts') },
      rm: { summary: 'Remove networks', load: () => import('../network/rm.ts') },
    },
  },
  volume: {
    summary: 'Manage volumes',
    commands: {
      create: { summary: 'Create a volume', load: () => import('../volume/create.ts') },
      inspect: { summary: 'Show everything about volumes', load: () => import('../volume/inspect.ts') },
      ls: { summary: 'List volumes', load: () => import('../volume/ls.ts') },
      prune: { summary: 'Remove volumes that no container uses', load: () => import('../volume/prune.ts') },
      rm: { summary: 'Remove volumes', load: () => import('../volume/rm.ts') },
    },
  },
  engine: {
    summary: 'Manage the built-in engine',
    commands: {
      logs: { summary: "Show the engine's own log", load: () => import('../engine/logs.ts') },
      run: { summary: 'Run the engine in the foreground', load: () => import('../engine/run.ts') },
      status: {
        summary: 'Say whether the engine runs, and what it has to do',
        load: () => import('../engine/status.ts'),
      },
      stop: { summary: 'Stop the engine', load: () => import('../engine/stop.ts') },
    },
  },
};
