import type { EngineClient } from '../../../engine/client/engine-client.ts';
import { TcomposeError } from '../../../errors.ts';
import { observeContainers } from '../../../project/observe.ts';
import { isUp, type ObservedContainer } from '../../../project/observed.ts';
import { type Command, flag } from '../../arguments/command.ts';
import { sharedFlags } from '../../arguments/flags.ts';
import type { CliContext } from '../../context.ts';
import { leave } from '../../leave.ts';
import { readContainerLog } from '../../logs/container-logs.ts';
import { logFlags, tailLines, timeRange } from '../../logs/log-flags.ts';
import { scopeOf, selectContainers } from '../../project.ts';
import type { Renderer } from '../../render/renderer.ts';

export const command: Command = {
  name: 'logs',
  summary: 'Show the output of containers',
  args: {
    usage: '[SERVICE...]',
    flags: [
      logFlags.follow,
      sharedFlags.index,
      { name: 'no-color', type: 'boolean', summary: 'No colour' },
      { name: 'no-log-prefix', type: 'boolean', summary: 'Leave out the names of containers' },
      logFlags.since,
      { ...logFlags.tail, summary: 'Show only the last lines of each container' },
      logFlags.timestamps,
      logFlags.until,
    ],
  },
  async run(args, ctx) {
    const range = timeRange(args, Date.now());
    const tail = tailLines(args);
    const [scope, client] = await Promise.all([scopeOf(ctx), ctx.engine()]);
    const index = flag.num(args, 'index') ?? 0;
    const selected = selectContainers(scope, await observeContainers(client, scope.name), args.positional);
    const containers = index === 0 ? selected : selected.filter((container) => container.number === index);
    if (index !== 0 && containers.length === 0)
      throw new TcomposeError('PROJECT_SERVICE_UNKNOWN', `there is no container number ${index}`, {
        hint:
          selected.length === 0
            ? 'Nothing has been started: `tcompose up -d`.'
            : `There are ${selected.map((container) => container.name).join(', ')}.`,
      });
    const style = {
      prefix: !flag.bool(args, 'no-log-prefix'),
      color: ctx.color.stdout && !flag.bool(args, 'no-color'),
      timestamps: flag.bool(args, 'timestamps'),
      project: scope.name,
      containers: containers.map((container) => container.name),
    };
    const renderer = await ctx.renderer(style);
    const ttyOf = (service: string) => scope.project?.services[service]?.tty === true;
    if (flag.bool(args, 'follow'))
      return follow(ctx, client, scope.name, {
        renderer,
        containers,
        ttyOf,
        // If no services are named, also services that appear later.
        counts: ({ service, number }) =>
          (args.positional.length === 0 || containers.some((container) => container.service === service)) &&
          (index === 0 || number === index),
        since: range.since,
        tail,
      });
    // One container after the other, so that each one's lines stay together.
    for (const container of containers)
      await readContainerLog(
        client,
        { ...container, tty: ttyOf(container.service) },
        { ...range, ...(tail === undefined ? {} : { tail }), follow: false, drained: renderer.drained },
        renderer.emit,
      );
    return 0;
  },
};

interface FollowInput {
  readonly renderer: Renderer;
  readonly containers: readonly ObservedContainer[];
  readonly ttyOf: (service: string) => boolean;
  readonly counts: (container: { readonly service: string; readonly number: number }) => boolean;
  readonly since: string | undefined;
  readonly tail: number | undefined;
}

/** Shows containers' output until none is left that could print more, or until an interrupt. */
async function follow(
  ctx: CliContext,
  client: EngineClient,
  project: string,
  { renderer, containers, ttyOf, counts, since, tail }: FollowInput,
): Promise<number> {
  const { ContainerFollower } = await import('../../logs/container-follower.ts');
  const follower = await ContainerFollower.open({
    client,
    project,
    shows: counts,
    counts,
    tty: ttyOf,
    emit: renderer.emit,
    drained: renderer.drained,
    ...(since === undefined ? {} : { since }),
  });
  for (const container of containers) follower.show(container, since, tail);
  await follower.trackPresent(containers.filter(isUp));
  const release = ctx.onInterrupt(() => leave(ctx));
  await Promise.race([follower.over(), follower.watch.lost]);
  // An interrupt would have ended the program at once: whoever is still waiting wants all output.
  await follower.close(3000, true);
  release();
  return 0;
}
