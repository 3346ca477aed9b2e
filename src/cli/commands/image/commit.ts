import { observeContainers } from '../../../project/observe.ts';
import { type Command, flag } from '../../arguments/command.ts';
import { sharedFlags } from '../../arguments/flags.ts';
import { commitContainer, commitFlags } from '../../container/commit.ts';
import { scopeOf, theContainer } from '../../project.ts';

export const command: Command = {
  name: 'commit',
  summary: "Create an image from a service container's changes",
  args: { usage: 'SERVICE [NAME[:TAG]]', min: 1, max: 2, flags: [...commitFlags, sharedFlags.index] },
  async run(args, ctx) {
    const [service = '', name] = args.positional;
    const [scope, client] = await Promise.all([scopeOf(ctx), ctx.engine()]);
    const containers = await observeContainers(client, scope.name);
    const { id } = theContainer(scope, containers, service, flag.num(args, 'index'));
    return commitContainer(ctx, args, id, name);
  },
};
