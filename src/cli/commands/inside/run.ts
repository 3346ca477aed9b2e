import { randomBytes } from 'node:crypto';
import type { Project } from '../../../compose/model/project.ts';
import type { Service } from '../../../compose/model/service.ts';
import { copiedPaths } from '../../../project/content-parts.ts';
import { createContainer } from '../../../project/execute/create-container.ts';
import { type ImageOptions, requireImages } from '../../../project/images/required-images.ts';
import { inspectedImages } from '../../../project/images/wanted-images.ts';
import { containerName, type Separator, scaleOf } from '../../../project/names.ts';
import { observe } from '../../../project/observe.ts';
import { firstContainer, type Observed } from '../../../project/observed.ts';
import type { Plan } from '../../../project/plan.ts';
import { PlanBuilder } from '../../../project/plan-builder.ts';
import { planNetworks, planVolumes, usedVolumes } from '../../../project/plan-resources.ts';
import { version } from '../../../version.ts';
import { type Command, flag } from '../../arguments/command.ts';
import { sharedFlags } from '../../arguments/flags.ts';
import { buildImages, fetchImages, seenTo } from '../../fetch-images.ts';
import { loadForCommand, matchServices } from '../../project.ts';
import { dependenciesPlan } from '../../run/dependencies.ts';
import { oneOffContainer, withOneOff } from '../../run/one-off-container.ts';
import { runOverrides } from '../../run/overrides.ts';
import { runOneOff } from '../../run/run-one-off.ts';
import { checkPlan, runPlan } from '../../run-plan.ts';
import { refuseSameName } from '../../same-name.ts';
import { upOptions } from '../../up-options.ts';

export const command: Command = {
  name: 'run',
  summary: 'Run a one-off command on a service',
  args: {
    usage: 'SERVICE [COMMAND] [ARGS...]',
    min: 1,
    passThroughAfter: 1,
    flags: [
      sharedFlags.adopt,
      sharedFlags.build,
      { name: 'cap-add', type: 'strings', value: 'CAP', summary: 'Add a Linux capability' },
      { name: 'cap-drop', type: 'strings', value: 'CAP', summary: 'Drop a Linux capability' },
      {
        name: 'detach',
        short: 'd',
        type: 'boolean',
        summary: "Run in the background and print the container's id",
      },
      { name: 'entrypoint', type: 'string', value: 'COMMAND', summary: "Replace the image's entrypoint" },
      { name: 'env', short: 'e', type: 'strings', value: 'K=V', summary: 'Set an environment variable' },
      {
        name: 'env-from-file',
        type: 'strings',
        value: 'FILE',
        summary: 'Set environment variables from a file',
      },
      {
        name: 'interactive',
        short: 'i',
        type: 'boolean',
        summary: 'Keep standard input open (default true)',
      },
      { name: 'label', short: 'l', type: 'strings', value: 'K=V', summary: 'Add a label' },
      { name: 'name', type: 'string', value: 'NAME', summary: 'Name of the container' },
      sharedFlags.noDeps,
      {
        name: 'no-tty',
        short: 'T',
        aliases: ['no-TTY'],
        type: 'boolean',
        summary: 'No terminal for the command',
      },
      { name: 'publish', short: 'p', type: 'strings', value: 'PORT', summary: 'Publish a port' },
      sharedFlags.pull,
      { name: 'quiet', short: 'q', type: 'boolean', summary: 'Print nothing but what the command prints' },
      sharedFlags.quietBuild,
      sharedFlags.quietPull,
      sharedFlags.removeOrphans,
      { name: 'rm', type: 'boolean', summary: 'Remove the container when it has ended' },
      { name: 'service-ports', short: 'P', type: 'boolean', summary: "Publish the service's ports" },
      { name: 'tty', short: 't', type: 'boolean', hidden: true, summary: 'A terminal for the command' },
      { name: 'use-aliases', type: 'boolean', summary: "Use the service's network aliases" },
      { name: 'user', short: 'u', type: 'string', value: 'USER', summary: 'User to run as' },
      {
        name: 'volume',
        short: 'v',
        aliases: ['volumes'],
        type: 'strings',
        value: 'SRC:DST',
        summary: 'Mount a directory or volume',
      },
      { name: 'workdir', short: 'w', type: 'string', value: 'DIR', summary: 'Working directory' },
    ],
  },
  async run(args, ctx) {
    const [service = '', ...words] = args.positional;
    // The renderer is made on first use, so this sets its style.
    if (flag.bool(args, 'quiet')) await ctx.renderer(undefined, 'quiet');
    const [loaded, client] = await Promise.all([loadForCommand(ctx, [service]), ctx.engine()]);
    matchServices(Object.keys(loaded.services), [service]);
    const detach = flag.bool(args, 'detach');
    const interactive = flag.bool(args, 'interactive', true);
    const tty =
      !flag.bool(args, 'no-tty') && !detach && ctx.stdout.isTTY === true && ctx.stdin.isTTY === true;
    const one = await runOverrides(loaded.services[service]!, args, words, { tty, interactive, ctx });
    const given = upOptions(args, ctx, undefined, { start: true, wait: false });
    const { [service]: _self, ...others } = loaded.services;
    const alone = { ...loaded, services: { [service]: one } };
    const preparation = (observed: Observed, images: ImageOptions): Plan => {
      const plan = new PlanBuilder();
      planNetworks(alone, observed, plan, version);
      planVolumes(alone, observed, plan, new Set(), version);
      requireImages(alone, observed, plan, images);
      return plan.build();
    };
    const look = (project: Project) =>
      observe(client, loaded.name, {
        volumes: usedVolumes(project).map((key) => project.volumes[key]!.name),
        files: copiedPaths(project),
        images: true,
        inspectedImages: inspectedImages(project, given.images.pull, given.images.defaultPlatform),
      });

    const slug = randomBytes(6).toString('hex');
    const name = flag.str(args, 'name') ?? `${loaded.name}-${service}-run-${slug}`;
    const noDeps = flag.bool(args, 'no-deps');
    const seen = await look(loaded);
    await refuseSameName(args, loaded, seen.containers);
    const wanted = { ...loaded, services: noDeps ? alone.services : { ...others, [service]: one } };
    const built = await buildImages(ctx, client, wanted, seen, given.images, args);
    const here = built ? await look(loaded) : seen;
    const fetched = await fetchImages(ctx, client, wanted, here, given.images, args);
    const observed = built || fetched ? await look(loaded) : seen;
    const options = built || fetched ? { ...given, images: seenTo(given.images) } : given;
    const oneOff = oneOffContainer({ ...loaded, services: { ...others, [service]: one } }, one, {
      name,
      slug,
      useAliases: flag.bool(args, 'use-aliases'),
      interactive,
      containerOf: (other) =>
        firstContainer(observed, other)?.name ??
        (noDeps ? undefined : plannedContainer(loaded.name, others[other], options.separator)),
      autoRemove: detach && flag.bool(args, 'rm'),
    });
    // An error about the container itself is reported before its dependencies are started.
    preparation(observed, options.images);
    const dependencies = noDeps ? undefined : dependenciesPlan(loaded, others, one, observed, options);
    await checkPlan(ctx, client, loaded, withOneOff(dependencies, one, name, oneOff));
    if (dependencies !== undefined && dependencies.steps.length > 0)
      await runPlan(ctx, dependencies, { client, project: loaded.name });
    const now = await look(alone);
    const plan = preparation(now, options.images);
    if (plan.steps.length > 0) await runPlan(ctx, plan, { client, project: loaded.name });
    if (ctx.globals.dryRun) {
      ctx.write(`run a container of service ${service}: ${(one.command ?? []).join(' ')}\n`);
      return 0;
    }
    const { id } = await createContainer(
      client,
      name,
      oneOff,
      new Map(now.containers.map((c) => [c.name, c.id])),
    );
    return runOneOff(ctx, client, {
      id,
      name,
      service,
      tty,
      interactive,
      detach,
      remove: flag.bool(args, 'rm'),
    });
  },
};

/** Name of the container that `run` starts for a dependency of its service. */
const plannedContainer = (
  project: string,
  service: Service | undefined,
  separator: Separator | undefined,
): string | undefined =>
  service === undefined || scaleOf(service) === 0 ? undefined : containerName(project, service, 1, separator);
