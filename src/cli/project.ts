import type { LoadEffects } from '../compose/effects.ts';
import type { Project } from '../compose/model/project.ts';
import { composeWords } from '../compose-words.ts';
import { TcomposeError } from '../errors.ts';
import { globMatch } from '../glob.ts';
import { nearest } from '../nearest.ts';
import type { ObservedContainer } from '../project/observed.ts';
import type { CliContext } from './context.ts';

/** The project that a command is about: its name, and its model if there is a compose file. */
interface ProjectScope {
  readonly name: string;
  readonly project: Project | undefined;
  /**
   * Whether it was asked for by `-p` alone: then all its containers are meant, whatever the compose file that happens to
   * be here says of their services, as with Docker Compose.
   */
  readonly byName: boolean;
}

/**
 * Loads the project from its compose files, and passes warnings to the user.
 * @param services services named on the command line: they enable their own profiles.
 * @param options.createsNothing for commands that create no container: a missing env_file or a blank name does not
 * matter to them.
 */
export async function loadForCommand(
  ctx: CliContext,
  services: readonly string[] = [],
  options: {
    readonly noDeps?: boolean;
    readonly createsNothing?: boolean;
    /** Enable every profile, whichever are selected. */
    readonly everyProfile?: boolean;
    readonly effects?: LoadEffects;
  } = {},
): Promise<Project> {
  const { loadProject } = await import('../compose/load.ts');
  const { globals } = ctx;
  const { project, warnings } = await loadProject({
    effects: await loadEffects(ctx),
    files: globals.files,
    projectName: globals.projectName,
    projectDirectory: globals.projectDirectory,
    profiles: options.everyProfile === true ? ['*'] : globals.profiles,
    envFiles: globals.envFiles,
    services,
    dependencies: options.noDeps !== true,
    noEnvResolution: options.createsNothing === true,
    toMake: options.createsNothing !== true,
    env: ctx.env,
    cwd: ctx.cwd,
    ...(options.effects === undefined ? {} : { effects: options.effects }),
  });
  for (const warning of warnings) ctx.warn(warning.message, warning.hint);
  return globals.allResources ? { ...project, everyResource: true } : project;
}

/** The effects of a load: those of this process, and fetching from other machines. */
export async function loadEffects(ctx: Pick<CliContext, 'env' | 'warn' | 'globals'>): Promise<LoadEffects> {
  const [{ nodeEffects }, { remoteFiles }] = await Promise.all([
    import('../compose/effects.ts'),
    import('./remote/remote-files.ts'),
  ]);
  return { ...nodeEffects(), fetchRemote: remoteFiles(ctx) };
}

/**
 * The project of a command that can do without a compose file (`down -p name`): the model when a file is found, else
 * just the given name.
 * @throws TcomposeError PROJECT_NAME when there is neither.
 */
export async function scopeOf(ctx: CliContext): Promise<ProjectScope> {
  const given = ctx.globals.projectName ?? ctx.env.COMPOSE_PROJECT_NAME;
  const byName = ctx.globals.projectName !== undefined && ctx.globals.files.length === 0;
  try {
    const project = await loadForCommand(ctx, [], { createsNothing: true });
    return { name: project.name, project, byName };
  } catch (error) {
    const noFile = error instanceof TcomposeError && error.code === 'COMPOSE_NO_FILE';
    if (!noFile || given === undefined || given === '' || ctx.globals.files.length > 0) throw error;
    return { name: given, project: undefined, byName };
  }
}

/**
 * Names of services that match patterns on the command line; all if there are no patterns.
 * @throws TcomposeError PROJECT_SERVICE_UNKNOWN with the nearest name.
 */
export function matchServices(known: Iterable<string>, patterns: readonly string[]): ReadonlySet<string> {
  const names = [...known];
  if (patterns.length === 0) return new Set(names);
  const found = new Set<string>();
  for (const pattern of patterns) {
    const matches = names.filter((name) => name === pattern || globMatch(pattern, name));
    if (matches.length === 0) throw unknownService(pattern, names);
    for (const name of matches) found.add(name);
  }
  return found;
}

function unknownService(name: string, known: readonly string[]): TcomposeError {
  const near = nearest(name, known);
  return new TcomposeError('PROJECT_SERVICE_UNKNOWN', `no such service: ${name}`, {
    hint:
      near !== undefined
        ? `Did you mean ${near}?`
        : known.length === 0
          ? 'The project has no services.'
          : `The services are: ${[...known].sort().join(', ')}.`,
  });
}

/** All service names in a scope: those of the compose file and those of existing containers. */
export function knownServices(
  scope: ProjectScope,
  containers: readonly ObservedContainer[],
): readonly string[] {
  return [
    ...new Set([
      ...Object.keys(scope.project?.services ?? {}),
      ...Object.keys(scope.project?.disabledServices ?? {}),
      ...containers.map((container) => container.service).filter(Boolean),
    ]),
  ];
}

/**
 * The project's containers of the named services; one-off containers only on request. If none are named, all; or, with
 * `enabled`, those of the services that the compose file has and profiles enable.
 */
export function selectContainers(
  scope: ProjectScope,
  containers: readonly ObservedContainer[],
  services: readonly string[],
  options: { readonly oneoff?: boolean; readonly enabled?: boolean } = {},
): readonly ObservedContainer[] {
  const wanted =
    options.enabled === true && services.length === 0 && scope.project !== undefined && !scope.byName
      ? new Set(Object.keys(scope.project.services))
      : matchServices(knownServices(scope, containers), services);
  return containers.filter(
    (container) => wanted.has(container.service) && (options.oneoff === true || !container.oneoff),
  );
}

/**
 * The one container that `exec`, `port` and the like act on: number `index`, else the first running one, those of the
 * service itself before those of `run`.
 * @throws TcomposeError PROJECT_SERVICE_UNKNOWN when there is none.
 */
export function theContainer(
  scope: ProjectScope,
  containers: readonly ObservedContainer[],
  service: string,
  index: number | undefined,
  options: { readonly sentence?: string } = {},
): ObservedContainer {
  const known = knownServices(scope, containers);
  const missing = options.sentence ?? composeWords.notRunning(service);
  if (!known.includes(service)) {
    const { message, hint = '' } = unknownService(service, known);
    throw new TcomposeError('PROJECT_SERVICE_UNKNOWN', `${missing}: ${message}`, { hint });
  }
  const all = containers.filter((container) => container.service === service);
  const own = all.filter((container) => !container.oneoff);
  const found =
    index === undefined || index === 0
      ? (own.find((container) => container.state === 'running') ??
        all.find((container) => container.state === 'running') ??
        own[0])
      : own.find((container) => container.number === index);
  if (found !== undefined) return found;
  const number = index === undefined || index === 0 ? undefined : index;
  throw new TcomposeError(
    'PROJECT_SERVICE_UNKNOWN',
    number === undefined ? `${missing}: it has no container` : composeWords.notRunningNumber(service, number),
    {
      hint:
        own.length === 0
          ? `Start it with \`tcompose up -d ${service}\`.`
          : `Its containers are ${own.map((container) => container.name).join(', ')}.`,
    },
  );
}

/**
 * The same; it must be running.
 * @throws TcomposeError PROJECT_SERVICE_UNKNOWN when it is not.
 */
export function theRunningContainer(
  ...[scope, containers, service, index]: Parameters<typeof theContainer>
): ObservedContainer {
  const found = theContainer(scope, containers, service, index);
  if (found.state === 'running') return found;
  const paused = found.state === 'paused';
  throw new TcomposeError(
    'PROJECT_SERVICE_UNKNOWN',
    paused
      ? composeWords.paused(found.name)
      : `${composeWords.notRunning(service)}: container ${found.name} is ${stateInWords(found)}`,
    {
      hint: paused
        ? `Resume it with \`tcompose unpause ${service}\`.`
        : `Start it with \`tcompose start ${service}\`; \`tcompose logs ${service}\` shows what it printed.`,
    },
  );
}

const stateInWords = ({ state, exitCode }: ObservedContainer): string =>
  state === 'exited' && exitCode !== undefined ? `exited (${exitCode})` : state;
