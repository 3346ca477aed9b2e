import type { Project } from '../../../compose/model/project.ts';
import { type Command, flag } from '../../arguments/command.ts';
import { runBuilds } from '../../build/run-builds.ts';
import { loadForCommand, matchServices } from '../../project.ts';
import type { ProgressKind } from '../../render/choose.ts';
import { runPlan } from '../../run-plan.ts';

const unused = (name: string, summary: string) =>
  ({ name, type: 'string', hidden: true, summary, value: 'VALUE' }) as const;

export const command: Command = {
  name: 'build',
  summary: 'Build or rebuild services',
  args: {
    usage: '[SERVICE...]',
    flags: [
      {
        name: 'build-arg',
        type: 'strings',
        value: 'NAME[=VALUE]',
        summary: 'Build argument for all services; without a value, the one of the environment',
      },
      { name: 'check', type: 'boolean', summary: 'Check the Dockerfiles, build nothing' },
      { name: 'debug-shell', type: 'boolean', summary: 'Open a shell in the container of a step that fails' },
      {
        name: 'excluded',
        type: 'boolean',
        summary: 'List what ignore files leave out, and by which line; build nothing',
      },
      {
        name: 'list-context',
        type: 'boolean',
        summary: 'List the files that a build would see, build nothing',
      },
      { name: 'no-cache', type: 'boolean', summary: 'Run every step again, without the cache' },
      { name: 'print', type: 'boolean', summary: 'Print the plan of the build as JSON' },
      { name: 'pull', type: 'boolean', summary: 'Ask registries for newer base images' },
      { name: 'push', type: 'boolean', summary: 'Push the images to their registries' },
      { name: 'quiet', short: 'q', type: 'boolean', summary: 'Hide the output of the steps' },
      { name: 'with-dependencies', type: 'boolean', summary: 'Include the services they depend on' },
      unused('builder', 'Accepted for compatibility'),
      { ...unused('memory', 'Accepted for compatibility'), short: 'm' },
      unused('provenance', 'Accepted for compatibility'),
      unused('sbom', 'Accepted for compatibility'),
      {
        name: 'ssh',
        type: 'strings',
        value: 'default|ID[=PATH]',
        summary: 'An ssh agent, or keys, for `RUN --mount=type=ssh`',
      },
      { name: 'compress', type: 'boolean', hidden: true, summary: 'Accepted for compatibility' },
      { name: 'force-rm', type: 'boolean', hidden: true, summary: 'Accepted for compatibility' },
      { name: 'no-rm', type: 'boolean', hidden: true, summary: 'Accepted for compatibility' },
      { name: 'parallel', type: 'boolean', hidden: true, summary: 'Accepted for compatibility' },
      {
        name: 'progress',
        type: 'string',
        choices: ['auto', 'tty', 'plain', 'json', 'quiet'],
        hidden: true,
        value: 'KIND',
        summary: 'The same before the command',
      },
    ],
  },
  async run(args, ctx) {
    const named = args.positional;
    const progress = flag.str(args, 'progress') as ProgressKind | undefined;
    if (progress !== undefined) await ctx.renderer(undefined, progress);
    for (const name of ['builder', 'memory', 'provenance', 'sbom'])
      if ((flag.str(args, name) ?? 'false') !== 'false') ctx.warn(`--${name} is not supported`);
    const deps = flag.bool(args, 'with-dependencies');
    const project = await loadForCommand(ctx, named, { noDeps: !deps, createsNothing: true });
    const selected =
      named.length === 0 || deps
        ? Object.keys(project.services)
        : [...matchServices(Object.keys(project.services), named)];
    const services = selected.filter((name) => project.services[name]?.build !== undefined);
    const buildArgs = argumentsOf(flag.list(args, 'build-arg'), ctx.env);
    const { DOCKER_DEFAULT_PLATFORM: defaultPlatform } = ctx.env;
    const flags = {
      args: buildArgs,
      noCache: flag.bool(args, 'no-cache'),
      pull: flag.bool(args, 'pull'),
      allPlatforms: true,
      ssh: flag.list(args, 'ssh'),
      ...(defaultPlatform ? { defaultPlatform } : {}),
    };
    if (flag.bool(args, 'print')) {
      const { printBuilds } = await import('../../build/print-builds.ts');
      ctx.write(await printBuilds(project, services, flags));
      return 0;
    }
    if (services.length === 0) {
      ctx.warn(`No services to build${leftOut(project, named)}`);
      return 0;
    }
    const excluded = flag.bool(args, 'excluded');
    if (excluded || flag.bool(args, 'list-context')) {
      const { listContexts } = await import('../../build/list-context.ts');
      await listContexts(ctx, project, services, { excluded });
      return 0;
    }
    const client = await ctx.engine();
    await runBuilds(ctx, client, project, services, {
      ...flags,
      quiet: flag.bool(args, 'quiet'),
      check: flag.bool(args, 'check'),
      debugShell: flag.bool(args, 'debug-shell'),
    });
    if (flag.bool(args, 'push')) {
      const { planPush } = await import('../../../project/images/plan-push.ts');
      const built = new Set(services);
      const kept = Object.entries(project.services).filter(([name]) => built.has(name));
      const plan = planPush(
        { ...project, services: Object.fromEntries(kept) },
        { quiet: false, ignoreFailures: false },
      );
      await runPlan(ctx, plan, { client, project: project.name });
    }
    return 0;
  },
};

/** Services that could be built if their profiles were enabled. */
function leftOut({ disabledServices }: Project, named: readonly string[]): string {
  const waiting = Object.values(disabledServices).filter(
    ({ build, profiles = [] }) => build !== undefined && profiles.length > 0,
  );
  if (named.length > 0 || waiting.length === 0) return '';
  const profiles = [...new Set(waiting.flatMap((service) => service.profiles ?? []))];
  return `: ${waiting.map(({ name }) => name).join(', ')} ${waiting.length > 1 ? 'are' : 'is'} in profile${profiles.length > 1 ? 's' : ''} ${profiles.join(', ')}`;
}

/** `NAME=value`, or `NAME` for the value in the environment; a name without a value there is skipped. */
function argumentsOf(
  list: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const pairs = list.flatMap((one): [string, string][] => {
    const at = one.indexOf('=');
    if (at >= 0) return [[one.slice(0, at), one.slice(at + 1)]];
    const value = env[one];
    return value === undefined ? [] : [[one, value]];
  });
  return Object.fromEntries(pairs);
}
