import { lstat, mkdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { tolerate } from '../../../engine/client/api-failure.ts';
import { TcomposeError } from '../../../errors.ts';
import { observeContainers } from '../../../project/observe.ts';
import { packPath, unpackTo } from '../../archive.ts';
import { type Command, flag } from '../../arguments/command.ts';
import { sharedFlags } from '../../arguments/flags.ts';
import { scopeOf, selectContainers, theContainer } from '../../project.ts';

/** Go's os.ModeDir. */
const MODE_DIRECTORY = 2 ** 31;

const split = (text: string): { readonly service: string | undefined; readonly path: string } => {
  const match = /^([a-zA-Z0-9._-]+):(.*)$/.exec(text);
  return match === null || text.startsWith('.') || text.startsWith('/')
    ? { service: undefined, path: text }
    : { service: match[1]!, path: match[2]! };
};

export const command: Command = {
  name: 'cp',
  summary: 'Copy files between a service container and this machine',
  args: {
    usage: 'SERVICE:SRC_PATH DEST_PATH|-  or  SRC_PATH|- SERVICE:DEST_PATH',
    min: 2,
    max: 2,
    flags: [
      { name: 'all', type: 'boolean', summary: 'Also containers of `run`' },
      { name: 'archive', short: 'a', type: 'boolean', summary: 'Keep owners and groups' },
      { name: 'follow-link', short: 'L', type: 'boolean', summary: 'Follow symbolic links in SRC_PATH' },
      sharedFlags.index,
    ],
  },
  async run(args, ctx) {
    const from = split(args.positional[0]!);
    const to = split(args.positional[1]!);
    if ((from.service === undefined) === (to.service === undefined))
      throw new TcomposeError('CLI_USAGE', 'exactly one of source and destination is SERVICE:PATH');
    const [scope, client] = await Promise.all([scopeOf(ctx), ctx.engine()]);
    const found = await observeContainers(client, scope.name);
    const index = flag.num(args, 'index');
    if (from.service !== undefined) {
      const container = theContainer(scope, found, from.service, index);
      const answer = await client.containers.getArchive(container.id, from.path);
      if (to.path === '-') {
        for await (const part of answer) ctx.stdout.write(part);
        return 0;
      }
      const target = resolve(ctx.cwd, to.path);
      const existing = await stat(target).catch(() => undefined);
      // Into a directory that exists, else to the name given.
      if (existing?.isDirectory() === true) await unpackTo(answer, target, undefined);
      else {
        if (to.path.endsWith('/')) await mkdir(target, { recursive: true });
        const name = to.path.endsWith('/') ? undefined : basename(target);
        await unpackTo(answer, to.path.endsWith('/') ? target : dirname(target), name);
      }
      return 0;
    }
    const containers =
      index === undefined
        ? selectContainers(scope, found, [to.service!], { oneoff: flag.bool(args, 'all') })
        : [theContainer(scope, found, to.service!, index)];
    if (containers.length === 0) theContainer(scope, found, to.service!, undefined);
    for (const container of containers) {
      const copyUidGid = flag.bool(args, 'archive');
      if (from.path === '-') {
        await client.containers.putArchive(container.id, to.path, ctx.stdin, { copyUidGid });
        continue;
      }
      const source = resolve(ctx.cwd, from.path);
      if ((await lstat(source).catch(() => undefined)) === undefined)
        throw new TcomposeError('CLI_USAGE', `${from.path} does not exist`);
      const there = await tolerate(client.containers.statArchive(container.id, to.path), 404);
      const isDirectory = there !== undefined && there.mode >= MODE_DIRECTORY;
      const into = isDirectory || to.path.endsWith('/') ? to.path : dirname(to.path);
      const name = isDirectory || to.path.endsWith('/') ? basename(source) : basename(to.path);
      const options = { follow: flag.bool(args, 'follow-link'), contentsOnly: /(^|\/)\.$/.test(from.path) };
      await client.containers.putArchive(container.id, join('/', into), packPath(source, name, options), {
        copyUidGid,
      });
    }
    return 0;
  },
};
