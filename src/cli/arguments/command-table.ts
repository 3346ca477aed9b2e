import { ociGroup } from '../oci/index.ts';
import type { CommandEntry, CommandGroup } from './command.ts';
import { engineGroups } from './groups.ts';

/** Commands by name. Each `load` is the only reference to its module, so that a run evaluates just one of them. */
export const commands: Readonly<Record<string, CommandEntry>> = {
  attach: {
    summary: "Attach this terminal to a service's running container",
    load: () => import('../commands/inside/attach.ts'),
  },
  build: {
    summary: 'Build or rebuild services',
    load: () => import('../commands/image/build.ts'),
  },
  commit: {
    summary: "Create an image from a service container's changes",
    load: () => import('../commands/image/commit.ts'),
  },
  config: {
    summary: 'Check the compose files and print the resulting project',
    load: () => import('../commands/view/config.ts'),
  },
  cp: {
    summary: 'Copy files between a service container and this machine',
    load: () => import('../commands/inside/cp.ts'),
  },
  create: {
    summary: 'Create containers of services without starting them',
    load: () => import('../commands/lifecycle/create.ts'),
  },
  doctor: {
    summary: 'Check that this machine has what containers need',
    load: () => import('../commands/view/doctor.ts'),
  },
  down: {
    summary: 'Stop and remove containers and networks',
    load: () => import('../commands/lifecycle/down.ts'),
  },
  events: {
    summary: 'Show events of containers as they happen',
    load: () => import('../commands/view/events.ts'),
  },
  exec: { summary: 'Run a command in a running container', load: () => import('../commands/inside/exec.ts') },
  export: {
    summary: "Export a service container's file system as a tar archive",
    load: () => import('../commands/image/export.ts'),
  },
  images: { summary: 'List images of the containers', load: () => import('../commands/view/images.ts') },
  kill: {
    summary: 'Send a signal to service containers',
    load: () => import('../commands/lifecycle/kill.ts'),
  },
  login: { summary: 'Log in to a registry', load: () => import('../commands/registry/login.ts') },
  logout: { summary: 'Log out from a registry', load: () => import('../commands/registry/logout.ts') },
  logs: { summary: 'Show the output of containers', load: () => import('../commands/view/logs.ts') },
  ls: { summary: 'List projects', load: () => import('../commands/view/ls.ts') },
  pause: { summary: 'Pause services', load: () => import('../commands/lifecycle/pause.ts') },
  port: {
    summary: 'Show where a port of a service is published',
    load: () => import('../commands/view/port.ts'),
  },
  ps: { summary: 'List containers', load: () => import('../commands/view/ps.ts') },
  publish: {
    summary: 'Publish the application to a registry',
    load: () => import('../commands/registry/publish.ts'),
  },
  pull: { summary: 'Pull service images', load: () => import('../commands/registry/pull.ts') },
  push: { summary: 'Push service images', load: () => import('../commands/registry/push.ts') },
  restart: { summary: 'Restart service containers', load: () => import('../commands/lifecycle/restart.ts') },
  rm: { summary: 'Remove stopped service containers', load: () => import('../commands/lifecycle/rm.ts') },
  run: { summary: 'Run a one-off command on a service', load: () => import('../commands/inside/run.ts') },
  scale: {
    summary: 'Change the number of containers of services',
    load: () => import('../commands/lifecycle/scale.ts'),
  },
  start: {
    summary: 'Start services whose containers exist',
    load: () => import('../commands/lifecycle/start.ts'),
  },
  stats: {
    summary: 'Show the use of CPU, memory, network and disk',
    load: () => import('../commands/view/stats.ts'),
  },
  stop: { summary: 'Stop services', load: () => import('../commands/lifecycle/stop.ts') },
  top: { summary: 'Show the processes of services', load: () => import('../commands/view/top.ts') },
  unpause: { summary: 'Unpause services', load: () => import('../commands/lifecycle/unpause.ts') },
  up: { summary: 'Create and start containers', load: () => import('../commands/lifecycle/up.ts') },
  version: { summary: 'Show version information', load: () => import('../commands/view/version.ts') },
  volumes: { summary: 'List volumes', load: () => import('../commands/view/volumes.ts') },
  wait: {
    summary: 'Wait until containers of services stop',
    load: () => import('../commands/lifecycle/wait.ts'),
  },
  watch: {
    summary: 'Watch source files and update containers',
    load: () => import('../commands/lifecycle/watch.ts'),
  },
};

/** Groups of engine-level commands (`tcompose image ls`). */
export const groups: Readonly<Record<string, CommandGroup>> = { ...engineGroups, oci: ociGroup };
