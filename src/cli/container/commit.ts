import { splitReference } from '../../image/reference.ts';
import { type Command, type FlagSpec, flag, type ParsedArgs } from '../arguments/command.ts';
import type { CliContext } from '../context.ts';

export const commitFlags: readonly FlagSpec[] = [
  { name: 'author', short: 'a', type: 'string', value: 'TEXT', summary: 'Author' },
  {
    name: 'change',
    short: 'c',
    type: 'strings',
    value: 'INSTRUCTION',
    summary: 'Dockerfile instruction for its configuration (CMD, ENV, …)',
  },
  { name: 'message', short: 'm', type: 'string', value: 'TEXT', summary: 'Message for its history' },
  { name: 'pause', short: 'p', type: 'boolean', summary: 'Pause the container meanwhile (default true)' },
];

export const command: Command = {
  name: 'commit',
  summary: "Create an image from a container's changes",
  args: { usage: 'CONTAINER [NAME[:TAG]]', min: 1, max: 2, flags: commitFlags },
  async run(args, ctx) {
    const [container = '', name] = args.positional;
    return commitContainer(ctx, args, container, name);
  },
};

/** Makes the image and prints its id. */
export async function commitContainer(
  ctx: CliContext,
  args: ParsedArgs,
  container: string,
  name: string | undefined,
): Promise<number> {
  const named = name === undefined ? undefined : splitReference(name);
  const client = await ctx.engine();
  const id = await client.containers.commit(container, {
    ...(named === undefined ? {} : named),
    author: flag.str(args, 'author'),
    comment: flag.str(args, 'message'),
    pause: flag.bool(args, 'pause', true),
    changes: flag.list(args, 'change'),
  });
  ctx.write(`${id}\n`);
  return 0;
}
