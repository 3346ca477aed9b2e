import type { FlagSpec } from './command.ts';

/** Flags shared by several commands. */
export const sharedFlags = {
  timeout: {
    name: 'timeout',
    short: 't',
    type: 'number',
    value: 'SECONDS',
    summary: 'Time to stop before being killed',
  },
  index: {
    name: 'index',
    type: 'number',
    value: 'N',
    summary: 'Number of the container, if the service has several',
  },
  removeOrphans: {
    name: 'remove-orphans',
    type: 'boolean',
    summary: 'Remove containers of services the compose file does not have',
  },
  yes: { name: 'yes', short: 'y', aliases: ['y'], type: 'boolean', summary: 'Answer yes to every question' },
  scale: { name: 'scale', type: 'strings', value: 'SERVICE=N', summary: 'Number of containers of a service' },
  noDeps: { name: 'no-deps', type: 'boolean', summary: 'Do not start the services it depends on' },
  build: { name: 'build', type: 'boolean', summary: 'Build images first' },
  noBuild: { name: 'no-build', type: 'boolean', summary: 'Do not build an image, even if it is missing' },
  noAutoBuild: {
    name: 'no-auto-build',
    type: 'boolean',
    summary: 'Use images that were built before, even if their sources changed',
  },
  quietBuild: { name: 'quiet-build', type: 'boolean', summary: 'No build output' },
  pull: {
    name: 'pull',
    type: 'string',
    choices: ['always', 'missing', 'never', 'policy', 'build'],
    summary: 'When to pull images: always, missing, never, policy',
  },
  quietPull: { name: 'quiet-pull', type: 'boolean', summary: 'Pull without progress output' },
  forceRecreate: { name: 'force-recreate', type: 'boolean', summary: 'Recreate all containers' },
  noRecreate: { name: 'no-recreate', type: 'boolean', summary: 'Do not recreate containers that exist' },
  adopt: {
    name: 'adopt',
    type: 'boolean',
    summary: 'Take over the containers of a project of this name from another directory',
  },
  explain: { name: 'explain', type: 'boolean', summary: 'Give the reason for each step' },
} as const satisfies Record<string, FlagSpec>;
