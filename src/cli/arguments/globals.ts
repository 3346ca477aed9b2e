import type { FlagSpec } from './command.ts';
import { isTruthy } from './environment.ts';
import type { GlobalOptions } from './global-options.ts';

/** Flags before the command, as in Docker Compose; `--dry-run` and `--verbose` are also accepted after it. */
export const globalFlags: readonly FlagSpec[] = [
  {
    name: 'all-resources',
    type: 'boolean',
    summary: 'Include all resources, even those no service uses',
  },
  {
    name: 'ansi',
    type: 'string',
    choices: ['never', 'always', 'auto'],
    value: 'WHEN',
    summary: 'Terminal control characters: never, always, auto',
  },
  { name: 'compatibility', type: 'boolean', summary: 'Separate the parts of container names with `_`' },
  { name: 'dry-run', type: 'boolean', summary: 'Print what would be done, without doing it' },
  { name: 'env-file', type: 'strings', value: 'FILE', summary: 'Environment file instead of .env' },
  {
    name: 'file',
    short: 'f',
    type: 'strings',
    value: 'FILE',
    summary: 'Compose file; several are merged in order',
  },
  {
    name: 'parallel',
    type: 'number',
    value: 'N',
    summary: 'Maximum of concurrent engine calls; -1 for no limit',
  },
  { name: 'profile', type: 'strings', value: 'NAME', summary: 'Enable a profile' },
  {
    name: 'progress',
    type: 'string',
    choices: ['auto', 'tty', 'plain', 'json', 'quiet'],
    value: 'KIND',
    summary: 'Progress output: auto, tty, plain, json, quiet',
  },
  {
    name: 'project-directory',
    aliases: ['workdir'],
    type: 'string',
    value: 'DIR',
    summary: "Working directory (default: the first Compose file's)",
  },
  { name: 'project-name', short: 'p', type: 'string', value: 'NAME', summary: 'Project name' },
  { name: 'no-ansi', type: 'boolean', hidden: true, summary: 'Same as --ansi never' },
  { name: 'insecure-registry', type: 'strings', hidden: true, summary: 'Accepted for compatibility' },
  { name: 'verbose', type: 'boolean', summary: 'Show the causes of errors' },
  { name: 'version', short: 'v', type: 'boolean', summary: 'Show the version' },
  { name: 'help', short: 'h', type: 'boolean', summary: 'Show this help' },
];

/** Flags that every command accepts besides its own. */
export const everyCommandFlags: readonly FlagSpec[] = [
  { name: 'help', type: 'boolean', short: 'h', summary: 'Show this help' },
  { name: 'dry-run', type: 'boolean', hidden: true, summary: 'Print what would be done, without doing it' },
  { name: 'verbose', type: 'boolean', hidden: true, summary: 'Show the causes of errors' },
];

type Flags = Readonly<Record<string, boolean | string | number | readonly string[]>>;

/** Global options from parsed flags and `COMPOSE_*` variables; pure. COMPOSE_FILE and the like are handled by the loader. */
export function globalOptions(
  flags: Flags,
  env: Readonly<Record<string, string | undefined>>,
): GlobalOptions {
  const list = (name: string) => (flags[name] as readonly string[] | undefined) ?? [];
  const oneOf = <T extends string>(value: unknown, allowed: readonly T[], fallback: T): T =>
    allowed.includes(value as T) ? (value as T) : fallback;
  const progress = (flags.progress as string | undefined) ?? env.COMPOSE_PROGRESS;
  const limit = (flags.parallel as number | undefined) ?? Number(env.COMPOSE_PARALLEL_LIMIT ?? -1);
  return {
    files: list('file'),
    projectName: flags['project-name'] as string | undefined,
    projectDirectory: flags['project-directory'] as string | undefined,
    profiles: list('profile'),
    envFiles: list('env-file'),
    progress: oneOf(
      progress === 'none' ? 'quiet' : progress,
      ['auto', 'tty', 'plain', 'json', 'quiet'],
      'auto',
    ),
    ansi:
      flags['no-ansi'] === true
        ? 'never'
        : oneOf(flags.ansi ?? env.COMPOSE_ANSI, ['never', 'always', 'auto'], 'auto'),
    parallel: Number.isInteger(limit) && limit > 0 ? limit : -1,
    dryRun: flags['dry-run'] === true,
    allResources: flags['all-resources'] === true,
    compatibility: flags.compatibility === true || isTruthy(env.COMPOSE_COMPATIBILITY),
    insecureRegistries: list('insecure-registry'),
    verbose: flags.verbose === true,
  };
}
