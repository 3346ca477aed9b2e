import { randomBytes } from 'node:crypto';
import { TcomposeError } from '../../errors.ts';
import { containerSpec } from '../../project/create-body/index.ts';
import { createContainer } from '../../project/execute/create-container.ts';
import { observe } from '../../project/observe.ts';
import { PlanBuilder } from '../../project/plan.ts';
import { requireImages } from '../../project/plan-images.ts';
import { planNetworks, planVolumes, usedVolumes } from '../../project/plan-resources.ts';
import { planUp } from '../../project/plan-up/index.ts';
import { version } from '../../version.ts';
import { type Command, flag } from '../command.ts';
import { sharedFlags } from '../flags.ts';
import { pipeStreams } from '../pipe-streams.ts';
import { loadForCommand, matchServices } from '../project.ts';
import { runOverrides } from '../run-overrides.ts';
import { runPlan } from '../run-plan.ts';
import { upOptions } from '../up-options.ts';

export const command: Command = {
  name: 'run',
  summary: 'Run a one-off command on a service',
  args: {
    usage: 'SERVICE [COMMAND] [ARGS...]',
    min: 1,
    passThroughAfter: 1,
    flags: [
      sharedFlags.build,
      { name: 'cap-add', type: 'strings', value: 'CAP', summary: 'Add a Linux capability' },
      { name: 'cap-drop', type: 'strings', value: 'CAP', summary: 'Drop a Linux capability' },
      {
        name: 'detach',
        short: 'd',
        type: 'boolean',
        summary: "Run in the background and print the container's name",
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
        type: 'strings',
        value: 'SRC:DST',
        summary: 'Mount a directory or volume',
      },
      { name: 'workdir', short: 'w', type: 'string', value: 'DIR', summary: 'Working directory' },
    ],
  },
  async run(args, ctx) {
    const [service = '', ...words] = args.positional;
    const [loaded, client] = await Promise.all([loadForCommand(ctx, [service]), ctx.engine()]);
    matchServices(Object.keys(loaded.services), [service]);
    const detach = flag.bool(args, 'detach');
    const interactive = flag.bool(args, 'interactive', true) && !detach;
    const tty =
      !flag.bool(args, 'no-tty') && !detach && ctx.stdout.isTTY === true && ctx.stdin.isTTY === true;
    const one = await runOverrides(loaded.services[service]!, args, words, { tty, interactive, ctx });
    const observed = await observe(client, loaded.name, {
      volumes: usedVolumes(loaded).map((key) => loaded.volumes[key]!.name),
      images: true,
    });
    const options = upOptions(args, ctx, client, undefined, { start: true, wait: false });

    // Dependencies first, as `up` would bring them up, waiting for the conditions of this service.
    const { [service]: _self, ...others } = loaded.services;
    if (!flag.bool(args, 'no-deps') && Object.keys(others).length > 0) {
      const dependencies = {
        ...loaded,
        services: others,
        disabledServices: { ...loaded.disabledServices, [service]: one },
      };
      const { addConditions } = await import('../run-dependencies.ts');
      const plan = addConditions(planUp(dependencies, observed, options), one, dependencies);
      if (plan.steps.length > 0) await runPlan(ctx, plan, { client, project: loaded.name });
    }
    const alone = { ...loaded, services: { [service]: one } };
    const preparation = new PlanBuilder();
    const now = await observe(client, loaded.name, {
      volumes: usedVolumes(alone).map((key) => alone.volumes[key]!.name),
      images: true,
    });
    planNetworks(alone, now, preparation, version);
    planVolumes(alone, now, preparation, new Set(), version);
    requireImages(alone, now, preparation, options.canPull);
    const plan = preparation.build();
    if (plan.steps.length > 0) await runPlan(ctx, plan, { client, project: loaded.name });
    if (ctx.globals.dryRun) {
      ctx.write(`run a container of service ${service}: ${(one.command ?? []).join(' ')}\n`);
      return 0;
    }
    const slug = randomBytes(6).toString('hex');
    const name = flag.str(args, 'name') ?? `${loaded.name}-${service}-run-${slug}`;
    const all = { ...loaded, services: { ...others, [service]: one } };
    const spec = containerSpec(all, one, {
      number: 1,
      name,
      imageId: undefined,
      version,
      oneoff: {
        slug,
        publishPorts: true,
        useAliases: flag.bool(args, 'use-aliases'),
      },
    });
    const body = {
      ...spec.body,
      AttachStdin: interactive,
      AttachStdout: true,
      AttachStderr: true,
      StdinOnce: interactive,
    };
    const { id } = await createContainer(
      client,
      name,
      { ...spec, body },
      new Map(now.containers.map((c) => [c.name, c.id])),
    );
    const remove = flag.bool(args, 'rm');
    if (detach) {
      await client.containers.start(id);
      ctx.write(`${name}\n`);
      return 0;
    }
    const release = ctx.onInterrupt((count, signal) => {
      void (count > 2 ? client.containers.kill(id) : client.containers.kill(id, signal)).catch(
        () => undefined,
      );
    });
    try {
      const connection = await client.containers.attach(id, {
        stdin: interactive,
        stdout: true,
        stderr: true,
      });
      // Subscribed before the start: a command that ends at once has its code waited for all the same.
      const ended = client.containers.wait(id, 'next-exit');
      ended.catch(() => undefined);
      await client.containers.start(id);
      await pipeStreams(ctx, connection, {
        tty,
        stdin: interactive,
        resize: (rows, columns) => client.containers.resize(id, rows, columns),
      });
      return (await ended).StatusCode;
    } catch (error) {
      if (error instanceof TcomposeError && error.code === 'ENGINE_API')
        throw new TcomposeError('PROJECT_STEP', `cannot run ${service}: ${error.message}`, {
          cause: error.cause,
          ...(error.hint === undefined ? {} : { hint: error.hint }),
        });
      throw error;
    } finally {
      release();
      if (remove) await client.containers.remove(id, { force: true, volumes: true });
    }
  },
};
