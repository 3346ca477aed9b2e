import type { Project } from '../compose/model/project.ts';
import { composeWords } from '../compose-words.ts';
import type { ImageOptions } from '../project/images/required-images.ts';
import type { UpOptions } from '../project/plan-up/options.ts';
import { version } from '../version.ts';
import { flag, type ParsedArgs } from './arguments/command.ts';
import { isTruthy } from './arguments/environment.ts';
import { usage } from './arguments/usage-error.ts';
import type { CliContext } from './context.ts';
import { matchServices } from './project.ts';

/** Refuses contradictory flags (Docker Compose's rules). */
export function checkUpFlags(args: ParsedArgs): void {
  const given = (name: string) => args.flags[name] !== undefined && args.flags[name] !== false;
  const clash = (a: string, b: string) => {
    if (given(a) && given(b)) throw usage(composeWords.incompatible(a, b));
  };
  clash('force-recreate', 'no-recreate');
  clash('always-recreate-deps', 'no-recreate');
  clash('renew-anon-volumes', 'no-recreate');
  clash('build', 'no-build');
  clash('watch', 'no-build');
  clash('attach', 'attach-dependencies');
  const attached = [
    'abort-on-container-exit',
    'abort-on-container-failure',
    'attach',
    'attach-dependencies',
    'watch',
  ];
  // Only watching can continue in the background.
  for (const background of ['detach', 'wait'])
    if (given(background) && [...attached, 'exit-code-from'].some((name) => name !== 'watch' && given(name)))
      throw usage(composeWords.cannotBeCombined(background, attached));
  clash('watch', 'no-start');
  if ((flag.num(args, 'wait-timeout') ?? 0) < 0)
    throw usage('--wait-timeout must be a number of seconds, not less than 0');
}

/** `SERVICE=N` pairs; `refusal` is the beginning of what is said of another text. */
export function parseScales(
  pairs: readonly string[],
  refusal = composeWords.notAScaleOption,
): ReadonlyMap<string, number> {
  const scales = new Map<string, number>();
  for (const pair of pairs) {
    const match = /^([^=]+)=(\d+)$/.exec(pair);
    if (match === null) throw usage(`${refusal(pair)}; a scale is written SERVICE=N`);
    scales.set(match[1]!, Number(match[2]));
  }
  return scales;
}

/** The project with changed numbers of containers. */
export function withScales(project: Project, scales: ReadonlyMap<string, number>): Project {
  if (scales.size === 0) return project;
  const services = { ...project.services };
  for (const [name, scale] of scales) {
    matchServices(Object.keys(services), [name]);
    const service = services[name]!;
    if (service.container_name !== undefined && scale > 1)
      throw usage(`service ${name} has a container_name, so it cannot have ${scale} containers`);
    services[name] = { ...service, scale };
  }
  return { ...project, services };
}

/** Options for getting images, from flags and environment. */
export function imageOptions(args: ParsedArgs, ctx: Pick<CliContext, 'env'>): ImageOptions {
  const pull = flag.str(args, 'pull');
  const defaultPlatform = ctx.env.DOCKER_DEFAULT_PLATFORM;
  return {
    canPull: true,
    ...(pull === undefined || pull === 'policy' ? {} : { pull }),
    ...(defaultPlatform ? { defaultPlatform } : {}),
    nowMs: Date.now(),
    noBuild: flag.bool(args, 'no-build'),
    quiet: flag.bool(args, 'quiet-pull'),
  };
}

/** Plan options of `up` and `create`, from flags and environment. */
export function upOptions(
  args: ParsedArgs,
  ctx: CliContext,
  roots: ReadonlySet<string> | undefined,
  mode: { readonly start: boolean; readonly wait: boolean },
): UpOptions {
  const ignoreOrphans = isTruthy(ctx.env.COMPOSE_IGNORE_ORPHANS);
  if (ignoreOrphans && flag.bool(args, 'remove-orphans'))
    throw usage('--remove-orphans and COMPOSE_IGNORE_ORPHANS cannot be used together');
  const never = flag.bool(args, 'no-recreate');
  const renew = flag.bool(args, 'renew-anon-volumes');
  const force = flag.bool(args, 'force-recreate') || renew;
  return {
    recreate: force ? 'force' : never ? 'never' : 'diverged',
    recreateDependencies: flag.bool(args, 'always-recreate-deps') ? 'force' : never ? 'never' : 'diverged',
    ...(roots === undefined ? {} : { roots }),
    start: mode.start,
    wait: mode.wait,
    noDeps: flag.bool(args, 'no-deps'),
    removeOrphans: flag.bool(args, 'remove-orphans') || isTruthy(ctx.env.COMPOSE_REMOVE_ORPHANS),
    ignoreOrphans,
    renewAnonymousVolumes: renew,
    renewVolumes: new Set(),
    timeout: flag.num(args, 'timeout'),
    images: imageOptions(args, ctx),
    version,
    ...(ctx.globals.compatibility ? { separator: '_' as const } : {}),
  };
}
