import { posix } from 'node:path';
import type { ConfinedEntry } from '../../confined/entry.ts';
import { bytesOfPath, textOfPath } from '../../confined/names.ts';
import { errnoNameOf } from '../../sys/at-calls.ts';
import { packInto } from '../archive/pack.ts';
import { pathStatHeader } from '../archive/path-stat.ts';
import { unpackInto } from '../archive/unpack.ts';
import type { Container } from '../containers/container.ts';
import { emitContainer } from '../containers/events.ts';
import { checkWritable } from '../containers/root/check-writable.ts';
import { openContainerRoot, withWritableRoot } from '../containers/root/container-root.ts';
import type { ContainerRoot } from '../containers/root/root-handle.ts';
import { openOwnRoot } from '../containers/root/stopped-root.ts';
import type { Engine } from '../context.ts';
import { flag } from '../filters.ts';
import type { Exchange } from '../http/exchange.ts';
import { badParameter, notFound } from '../http/failure.ts';
import type { Route } from '../http/router.ts';

/** docker cp and docker export. */
export function archiveRoutes(engine: Engine): Route[] {
  const containerOf = (exchange: Exchange): Container => engine.containers.need(exchange.params.id!);
  const withEntry =
    (
      run: (
        exchange: Exchange,
        held: { readonly root: ContainerRoot; readonly entry: ConfinedEntry; readonly container: Container },
      ) => Promise<void>,
    ) =>
    async (exchange: Exchange): Promise<void> => {
      const container = containerOf(exchange);
      const path = pathOf(exchange);
      const root = await openContainerRoot(engine, container, 'read');
      let entry: ConfinedEntry | undefined;
      try {
        const wantsDirectory = path.endsWith('/') || path.endsWith('/.');
        // `dir/.` and `dir/` refer to the target of a link, which has to be a directory.
        entry = find(root, path, wantsDirectory, container);
        if (wantsDirectory && !entry.stat.isDirectory()) throw badParameter(`${path}: not a directory`);
        await run(exchange, { root, entry, container });
      } finally {
        entry?.close();
        await root.release();
      }
    };
  return [
    {
      method: 'HEAD',
      path: '/containers/{id}/archive',
      query: { path: 'text' },
      handler: withEntry(async (exchange, { entry }) => {
        exchange.send(200, undefined, statHeader(entry, pathOf(exchange)));
      }),
    },
    {
      method: 'GET',
      path: '/containers/{id}/archive',
      query: { path: 'text' },
      handler: withEntry(async (exchange, { root, entry, container }) => {
        const path = pathOf(exchange);
        const writer = exchange.stream(200, 'application/x-tar', statHeader(entry, path));
        await packInto(engine.jobs, root, entry, bytesOfPath(archiveName(path)), writer);
        emitContainer(engine, container, 'archive-path');
      }),
    },
    {
      method: 'PUT',
      path: '/containers/{id}/archive',
      query: { path: 'text', noOverwriteDirNonDir: 'flag', copyUIDGID: 'flag', 'tcompose-complete': 'flag' },
      body: 'bytes',
      async handler(exchange) {
        const container = containerOf(exchange);
        const path = pathOf(exchange);
        const length = exchange.headers['content-length'];
        const access = flag(exchange.query, 'tcompose-complete') ? 'complete' : 'write';
        await withWritableRoot(engine, container, access, async (root) => {
          const target = find(root, path, true, container);
          target.close();
          if (!target.stat.isDirectory()) throw badParameter('extraction point is not a directory');
          checkWritable(root.readOnly, target.path);
          await unpackInto(engine.jobs, root, target.path, exchange.body, {
            ...(length === undefined ? {} : { length: Number(length) }),
            noOverwriteDirNonDir: flag(exchange.query, 'noOverwriteDirNonDir'),
            ...(flag(exchange.query, 'copyUIDGID') ? {} : { owner: { uid: 0, gid: 0 } }),
            warn: (message) => engine.log.warn(`${container.name}: ${message}`),
          });
        });
        emitContainer(engine, container, 'extract-to-dir');
        exchange.send(200);
      },
    },
    {
      method: 'GET',
      path: '/containers/{id}/export',
      async handler(exchange) {
        const container = containerOf(exchange);
        const root = await openOwnRoot(engine, container);
        try {
          const entry = find(root, '/', false, container);
          try {
            const writer = exchange.stream(200, 'application/octet-stream');
            await packInto(engine.jobs, root, entry, '.', writer);
          } finally {
            entry.close();
          }
          emitContainer(engine, container, 'export');
        } finally {
          await root.release();
        }
      },
    },
  ];
}

function pathOf(exchange: Exchange): string {
  const path = exchange.query.get('path') ?? '';
  if (path === '') throw badParameter('missing parameter: path');
  return path;
}

/** Throws 404. */
function find(root: ContainerRoot, path: string, follow: boolean, container: Container): ConfinedEntry {
  let entry: ConfinedEntry | undefined;
  try {
    entry = root.directory.find(bytesOfPath(path), follow);
  } catch (error) {
    // A loop of links, a name that is too long, a refusal by the file system.
    if (errnoNameOf(error) === undefined) throw error;
  }
  if (entry !== undefined) return entry;
  throw notFound(`Could not find the file ${path} in container ${container.name}`);
}

function statHeader(entry: ConfinedEntry, asked: string): Record<string, string> {
  const path = `/${textOfPath(entry.path)}`;
  const target = entry.stat.isSymbolicLink() ? textOfPath(entry.linkText()) : '';
  const linkTarget =
    target === '' || target.startsWith('/') ? target : posix.join(posix.dirname(path), target);
  const name = posix.basename(asked) === '.' ? '.' : posix.basename(path) || '/';
  return { 'X-Docker-Container-Path-Stat': pathStatHeader(name, entry.stat, linkTarget) };
}

/** First name in the tar: the path's last part; `.` is kept for "the content of". */
function archiveName(path: string): string {
  if (/\/\.$/.test(path) || path === '.') return './';
  return posix.basename(path) || '/';
}
