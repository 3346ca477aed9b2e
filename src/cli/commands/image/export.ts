import { observeContainers } from '../../../project/observe.ts';
import { type Command, flag } from '../../arguments/command.ts';
import { sharedFlags } from '../../arguments/flags.ts';
import { outputFlag } from '../../container/export.ts';
import { checkOutput, writeArchive } from '../../image/archive-streams.ts';
import { scopeOf, theContainer } from '../../project.ts';

export const command: Command = {
  name: 'export',
  summary: "Export a service container's file system as a tar archive",
  args: { usage: 'SERVICE', min: 1, max: 1, flags: [sharedFlags.index, outputFlag] },
  async run(args, ctx) {
    const output = flag.str(args, 'output');
    await checkOutput(ctx, output, 'export');
    const [scope, client] = await Promise.all([scopeOf(ctx), ctx.engine()]);
    const containers = await observeContainers(client, scope.name);
    const { id } = theContainer(scope, containers, args.positional[0] ?? '', flag.num(args, 'index'));
    await writeArchive(ctx, await client.containers.export(id), output);
    return 0;
  },
};
