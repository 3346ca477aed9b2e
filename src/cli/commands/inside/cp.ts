import { lstat, mkdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { composeWords } from '../../../compose-words.ts';
import { tolerate } from '../../../engine/client/api-failure.ts';
import type { EngineClient } from '../../../engine/client/engine-client.ts';
import { TcomposeError } from '../../../errors.ts';
import { observeContainers } from '../../../project/observe.ts';
import { lastPart, meansContent, packPath, unpackTo } from '../../archive.ts';
import { type Command, flag } from '../../arguments/command.ts';
import { sharedFlags } from '../../arguments/flags.ts';
import type { CliContext } from '../../context.ts';
import { knownServices, scopeOf, selectContainers, theContainer } from '../../project.ts';

/** Go's os.ModeDir and os.ModeSymlink. */
const MODE_DIRECTORY = 2 ** 31;
const MODE_SYMLINK = 2 ** 27;

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
      throw new TcomposeError(
        'CLI_USAGE',
        `${composeWords.copyDirection}: exactly one of source and destination is SERVICE:PATH`,
      );
    const [scope, client] = await Promise.all([scopeOf(ctx), ctx.engine()]);
    const found = await observeContainers(client, scope.name);
    const index = flag.num(args, 'index');
    if (from.service !== undefined) {
      const container = theContainer(scope, found, from.service, index, {
        sentence: composeWords.noContainerToCopy(from.service),
      });
      return copyOut(ctx, client, container.id, from.path, to.path, flag.bool(args, 'archive'));
    }
    const sentence = composeWords.noContainerToCopy(to.service!);
    if (!knownServices(scope, found).includes(to.service!))
      theContainer(scope, found, to.service!, undefined, { sentence });
    const containers =
      index === undefined
        ? selectContainers(scope, found, [to.service!], { oneoff: flag.bool(args, 'all') })
        : [theContainer(scope, found, to.service!, index, { sentence })];
    if (containers.length === 0) theContainer(scope, found, to.service!, undefined, { sentence });
    const options = {
      follow: flag.bool(args, 'follow-link'),
      copyUidGid: flag.bool(args, 'archive'),
      links: 40,
    };
    for (const container of containers) await copyIn(ctx, client, container.id, from.path, to.path, options);
    return 0;
  },
};

/** Into an existing directory, else to the given name. */
async function copyOut(
  ctx: CliContext,
  client: EngineClient,
  id: string,
  from: string,
  to: string,
  owners: boolean,
): Promise<number> {
  if (to === '-') {
    for await (const part of await client.containers.getArchive(id, from)) ctx.stdout.write(part);
    return 0;
  }
  const target = resolve(ctx.cwd, to);
  // Without it the request for the archive fails, with the reason.
  const source = await tolerate(client.containers.statArchive(id, from), 404);
  const directory = source !== undefined && source.mode >= MODE_DIRECTORY;
  const exists = source !== undefined && (await checkDestination(target, from, to, directory));
  const into = exists || to.endsWith('/') || meansContent(from);
  const answer = await client.containers.getArchive(id, from);
  if (into) await mkdir(target, { recursive: true });
  const { left, kept } = into
    ? await unpackTo(answer, target, { owners })
    : await unpackTo(answer, dirname(target), { owners, rename: basename(target) });
  if (left.length > 0) ctx.warn(`device nodes and FIFOs are left out: ${left.join(', ')}`);
  if (kept > 0)
    ctx.warn(`${kept} of the copied files belong to you now: only root can give them to their owners`);
  return 0;
}

/** Checks that there is a directory to copy into. A directory does not replace a file, and no parents are made. */
async function checkDestination(
  target: string,
  from: string,
  to: string,
  directory: boolean,
): Promise<boolean> {
  const there = await stat(target).catch(() => undefined);
  if (there?.isDirectory() === true) return true;
  if (directory && there !== undefined)
    throw new TcomposeError(
      'CLI_USAGE',
      `${from} is a directory and ${to} is a file: it cannot be copied there`,
    );
  const missing = !directory && to.endsWith('/') ? target : dirname(target);
  if ((await stat(missing).catch(() => undefined))?.isDirectory() !== true)
    throw new TcomposeError('CLI_USAGE', `invalid output path: directory "${missing}" does not exist`, {
      hint: 'Make it first (mkdir -p), or name another.',
    });
  return false;
}

/** As in docker cp: a missing directory is made and gets the source's content; an existing one gets the source itself. */
async function copyIn(
  ctx: CliContext,
  client: EngineClient,
  id: string,
  from: string,
  to: string,
  options: {
    readonly follow: boolean;
    readonly copyUidGid: boolean;
    /** How many more of the container's links are followed. */
    readonly links: number;
  },
): Promise<void> {
  const { follow, copyUidGid, links } = options;
  if (from === '-') return client.containers.putArchive(id, to, ctx.stdin, { copyUidGid });
  const source = resolve(ctx.cwd, from);
  const info = await (follow || meansContent(from) || from.endsWith('/') ? stat : lstat)(source).catch(
    () => undefined,
  );
  if (info === undefined) throw new TcomposeError('CLI_USAGE', `${from} does not exist`);
  const there = await tolerate(client.containers.statArchive(id, to), 404);
  if (there && (there.mode & MODE_SYMLINK) !== 0 && links > 0)
    return copyIn(ctx, client, id, from, there.linkTarget, { follow, copyUidGid, links: links - 1 });
  const isDirectory = there ? there.mode >= MODE_DIRECTORY : false;
  if (info.isDirectory() && there && !isDirectory)
    throw new TcomposeError(
      'CLI_USAGE',
      `${from} is a directory and ${to} is a file: it cannot be copied there`,
    );
  if (!info.isDirectory() && !there && to.endsWith('/'))
    throw new TcomposeError('CLI_USAGE', `the directory ${to} does not exist in the container`, {
      hint: 'Make it first, or name the file: without the slash at its end it is a file.',
    });
  const contentsOnly = meansContent(from) && isDirectory;
  const name = isDirectory ? basename(source) : lastPart(to);
  const into = isDirectory ? to : dirname(to.replace(/\/\.?$/, ''));
  const body = packPath(source, name, { follow: follow || info.isDirectory(), contentsOnly });
  await client.containers.putArchive(id, join('/', into), body, { copyUidGid });
}
