import type { CommandGroup } from './command.ts';

/** Groups of engine-level commands, named like the docker CLI's management commands (`tcompose image ls`). */
export const engineGroups: Readonly<Record<string, CommandGroup>> = {
  builder: {
    summary: 'Manage the build cache',
    commands: {
      prune: { summary: 'Remove results from the build cache', load: () => import('../build/prune.ts') },
    },
  },
  container: {
    summary: 'Manage containers',
    commands: {
      attach: {
        summary: 'Attach this terminal to a running container',
        load: () => import('../container/attach.ts'),
      },
      commit: {
        summary: "Create an image from a container's changes",
        load: () => import('../container/commit.ts'),
      },
      create: {
        summary: 'Create a container without starting it',
        load: () => import('../container/create.ts'),
      },
      exec: { summary: 'Run a command in a running container', load: () => import('../container/exec.ts') },
      export: {
        summary: "Write a container's file system to a tar archive",
        load: () => import('../container/export.ts'),
      },
      inspect: { summary: 'Show everything about containers', load: () => import('../container/inspect.ts') },
      kill: { summary: 'Send a signal to running containers', load: () => import('../container/kill.ts') },
      logs: { summary: 'Show the output of a container', load: () => import('../container/logs.ts') },
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
      unpause: { summary: 'Resume paused containers', load: () => import('../container/unpause.ts') },
      wait: { summary: 'Wait until containers stop', load: () => import('../container/wait.ts') },
    },
  },
  image: {
    summary: 'Manage images',
    commands: {
      history: {
        summary: 'Show the layers of an image, newest first',
        load: () => import('../image/history.ts'),
      },
      import: {
        summary: 'Create an image from a root file system in a tar archive',
        load: () => import('../image/import.ts'),
      },
      inspect: { summary: 'Show everything about images', load: () => import('../image/inspect.ts') },
      load: {
        summary: 'Load images from an archive made by save, skopeo, podman or buildx',
        load: () => import('../image/load.ts'),
      },
      ls: { summary: 'List images', load: () => import('../image/ls.ts') },
      prune: { summary: 'Remove images that nothing uses', load: () => import('../image/prune.ts') },
      pull: { summary: 'Fetch an image from a registry', load: () => import('../image/pull.ts') },
      push: { summary: 'Send an image to a registry', load: () => import('../image/push.ts') },
      rm: { summary: 'Remove images', load: () => import('../image/rm.ts') },
      save: { summary: 'Write images to an archive', load: () => import('../image/save.ts') },
      search: { summary: 'Search Docker Hub for images', load: () => import('../image/search.ts') },
      tag: { summary: 'Add a name to an image', load: () => import('../image/tag.ts') },
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
  system: {
    summary: 'Inspect the engine as a whole, and clean up what nothing uses',
    commands: {
      df: { summary: 'Show how much disk is used, and for what', load: () => import('../system/df.ts') },
      info: {
        summary: 'Show information about the engine and its machine',
        load: () => import('../system/info.ts'),
      },
      prune: {
        summary: 'Remove containers, networks, images and results of builds that nothing uses',
        load: () => import('../system/prune.ts'),
      },
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
      install: {
        summary: 'Install the engine as a service that starts at boot',
        load: () => import('../engine/install.ts'),
      },
      logs: { summary: "Show the engine's own log", load: () => import('../engine/logs.ts') },
      reset: {
        summary: 'Remove everything the engine keeps, and stop it',
        load: () => import('../engine/reset.ts'),
      },
      run: { summary: 'Run the engine in the foreground', load: () => import('../engine/run.ts') },
      status: {
        summary: 'Show whether the engine runs, and what it manages',
        load: () => import('../engine/status.ts'),
      },
      stop: { summary: 'Stop the engine', load: () => import('../engine/stop.ts') },
      uninstall: {
        summary: 'Remove the service of the engine',
        load: () => import('../engine/uninstall.ts'),
      },
      unshare: {
        summary: "Run a command as root of your containers' user namespace",
        load: () => import('../engine/unshare.ts'),
      },
    },
  },
};
