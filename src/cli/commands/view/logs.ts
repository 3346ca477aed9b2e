import { TcomposeError } from '../../../errors.ts';
import type { TcomposeEvent } from '../../../events.ts';
import { labels } from '../../../project/labels.ts';
import { observeContainers } from '../../../project/observe.ts';
import { isUp } from '../../../project/observed.ts';
import { type Command, flag } from '../../arguments/command.ts';
import { sharedFlags } from '../../arguments/flags.ts';
import { readContainerLog } from '../../logs/container-logs.ts';
import { LogFollower } from '../../logs/follower.ts';
import { logFlags, tailLines, timeRange } from '../../logs/log-flags.ts';
import { scopeOf, selectContainers } from '../../project.ts';

export const command: Command = {
  name: 'logs',
  summary: 'Show what containers print',
  args: {
    usage: '[SERVICE...]',
    flags: [
      logFlags.follow,
      sharedFlags.index,
      { name: 'no-color', type: 'boolean', summary: 'No colour' },
      { name: 'no-log-prefix', type: 'boolean', summary: 'No names of containers' },
      logFlags.since,
      { ...logFlags.tail, summary: 'Only the last lines of each container' },
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
    const sourceOf = (container: { id: string; name: string; service: string }) => ({
      ...container,
      tty: ttyOf(container.service),
    });
    const options = {
      ...range,
      ...(tail === undefined ? {} : { tail }),
    };
    if (!flag.bool(args, 'follow')) {
      // One after the other, so that each container's lines stay together.
      for (const container of containers)
        await readContainerLog(client, sourceOf(container), { ...options, follow: false }, renderer.emit);
      return 0;
    }
    const show = (event: TcomposeEvent) => renderer.emit(event);
    const follower = new LogFollower(client, show, (error) => ctx.warn((error as Error).message));
    const { watchContainers } = await import('../../../project/execute/container-watch.ts');
    const watch = await watchContainers(client, scope.name);
    const wanted = new Set(
      args.positional.length === 0 ? [] : containers.map((container) => container.service),
    );
    const alive = new Set(containers.filter(isUp).map((container) => container.id));
    let allEnded: () => void = () => {};
    const ended = new Promise<void>((resolve) => {
      allEnded = resolve;
    });
    watch.onEvent((event) => {
      const { ID: id, Attributes: attributes } = event.Actor;
      const service = attributes[labels.service] ?? '';
      const name = attributes.name ?? id.slice(0, 12);
      const ours = (wanted.size === 0 || wanted.has(service)) && attributes[labels.oneoff] !== 'True';
      if (!ours || (index > 0 && Number(attributes[labels.number]) !== index)) return;
      if (event.Action === 'start') {
        alive.add(id);
        follower.follow(sourceOf({ id, name, service }));
      } else if (event.Action === 'die') {
        void follower.drained(id, 3000).then(async () => {
          show({
            type: 'container-exit',
            service,
            container: name,
            exitCode: Number(attributes.exitCode ?? 0),
          });
          const found = await client.containers.inspect(id).catch(() => undefined);
          if (found?.State.Restarting === true || found?.State.Running === true) return;
          alive.delete(id);
          if (alive.size === 0) allEnded();
        });
      }
    });
    for (const container of containers) follower.follow(sourceOf(container), range.since, tail);
    const release = ctx.onInterrupt(() => ctx.exit(130));
    if (alive.size === 0) allEnded();
    await Promise.race([ended, watch.lost]);
    await follower.close(3000);
    watch.close();
    release();
    return 0;
  },
};
