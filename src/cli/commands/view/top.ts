import { observeContainers } from '../../../project/observe.ts';
import type { Command } from '../../arguments/command.ts';
import { scopeOf, selectContainers } from '../../project.ts';
import { table } from '../../render/table.ts';

export const command: Command = {
  name: 'top',
  summary: 'Show the processes of services',
  args: { usage: '[SERVICE...]', flags: [] },
  async run(args, ctx) {
    const [scope, client] = await Promise.all([scopeOf(ctx), ctx.engine()]);
    const containers = selectContainers(
      scope,
      await observeContainers(client, scope.name),
      args.positional,
    ).filter((container) => container.state === 'running');
    const tops = await Promise.all(containers.map((container) => client.containers.top(container.id)));
    if (tops.length === 0) return 0;
    const titles = tops[0]!.Titles;
    ctx.write(
      table(
        ['SERVICE', '#', ...titles],
        tops.flatMap((top, at) =>
          top.Processes.map((row) => [containers[at]!.service, String(containers[at]!.number), ...row]),
        ),
      ),
    );
    return 0;
  },
};
