import { readlink } from 'node:fs/promises';
import { posix } from 'node:path';
import {
  type ContainerRoot,
  openContainerRoot,
  openWithoutMounts,
  type RootEntry,
} from '../archive/container-root.ts';
import { packEntry } from '../archive/pack.ts';
import { pathStatHeader } from '../archive/path-stat.ts';
import { unpackInto } from '../archive/unpack.ts';
import { emitContainer } from '../containers/events.ts';
import type { Engine } from '../context.ts';
import { flag } from '../filters.ts';
import type { Exchange } from '../http/exchange.ts';
import { badParameter } from '../http/failure.ts';
import type { Route } from '../http/router.ts';

/** docker cp and docker export. */
export function archiveRoutes(engine: Engine): Route[] {
  const withRoot =
    (run: (root: ContainerRoot, exchange: Exchange, path: string) => Promise<void>) =>
    async (exchange: Exchange): Promise<void> => {
      const container = engine.containers.need(exchange.params.id!);
      const path = exchange.query.get('path') ?? '';
      if (path === '') throw badParameter('missing parameter: path');
      const root = await openContainerRoot(engine, container);
      try {
        await run(root, exchange, path);
      } finally {
        root.release();
      }
    };
  return [
    {
      method: 'HEAD',
      path: '/containers/{id}/archive',
      handler: withRoot(async (root, exchange, path) => {
        exchange.send(200, undefined, {
          'X-Docker-Container-Path-Stat': await statHeader(await entryAt(root, path), path),
        });
      }),
    },
    {
      method: 'GET',
      path: '/containers/{id}/archive',
      handler: withRoot(async (root, exchange, path) => {
        const entry = await entryAt(root, path);
        const writer = exchange.stream(200, 'application/x-tar', {
          'X-Docker-Container-Path-Stat': await statHeader(entry, path),
        });
        await send(root, entry, archiveName(path), writer);
        emitContainer(engine, engine.containers.need(exchange.params.id!), 'archive-path');
      }),
    },
    {
      method: 'PUT',
      path: '/containers/{id}/archive',
      handler: withRoot(async (root, exchange, path) => {
        const target = await root.find(path, true);
        if (!target.stat.isDirectory()) throw badParameter('extraction point is not a directory');
        await unpackInto(root, target.path, exchange.body, {
          noOverwriteDirNonDir: flag(exchange.query, 'noOverwriteDirNonDir'),
          ...(flag(exchange.query, 'copyUIDGID') ? {} : { owner: { uid: 0, gid: 0 } }),
        });
        emitContainer(engine, engine.containers.need(exchange.params.id!), 'extract-to-dir');
        exchange.send(200);
      }),
    },
    {
      method: 'GET',
      path: '/containers/{id}/export',
      async handler(exchange) {
        const container = engine.containers.need(exchange.params.id!);
        const root = await openWithoutMounts(engine, container);
        try {
          const entry = await root.find('/', false);
          const writer = exchange.stream(200, 'application/octet-stream');
          await send(root, entry, '.', writer);
          emitContainer(engine, container, 'export');
        } finally {
          root.release();
        }
      },
    },
  ];
}

async function send(
  root: ContainerRoot,
  entry: RootEntry,
  name: string,
  writer: ReturnType<Exchange['stream']>,
): Promise<void> {
  const { pack, done } = packEntry(root, entry, name);
  for await (const chunk of pack) {
    await writer.write(chunk as Buffer);
    if (writer.closed) break;
  }
  if (writer.closed) pack.destroy();
  else await done;
  writer.end();
}

async function statHeader(entry: RootEntry, asked: string): Promise<string> {
  const target = entry.stat.isSymbolicLink() ? await readlink(entry.real) : '';
  const linkTarget =
    target === '' || target.startsWith('/') ? target : posix.join(posix.dirname(entry.path), target);
  const name = posix.basename(asked) === '.' ? '.' : posix.basename(entry.path) || '/';
  return pathStatHeader(name, entry.stat, linkTarget);
}

/** `dir/.` and `dir/` mean what a link leads to, which has to be a directory. Throws 404, 400. */
async function entryAt(root: ContainerRoot, path: string): Promise<RootEntry> {
  const wantsDirectory = path.endsWith('/') || path.endsWith('/.');
  const entry = await root.find(path, wantsDirectory);
  if (wantsDirectory && !entry.stat.isDirectory()) throw badParameter(`${path}: not a directory`);
  return entry;
}

/** First name in the tar: the path's last part, `.` kept for "the content of". */
function archiveName(path: string): string {
  if (/\/\.$/.test(path) || path === '.') return './';
  return posix.basename(path) || '/';
}
