import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { readIgnoreFile } from '../../../build/ignore/ignore-file.ts';
import type { ToldBuildEvent } from '../../../engine/client/builds.ts';
import type { EngineClient } from '../../../engine/client/engine-client.ts';
import { jsonLines } from '../../../engine/client/json-lines.ts';
import { TcomposeError } from '../../../errors.ts';
import { ClassicEvents, type ClassicMessage } from './classic-events.ts';
import { classicQuery, missingOfClassic } from './classic-query.ts';
import { contextTar } from './context-tar.ts';
import { registryConfig } from './registry-config.ts';
import type { ForeignBuild, Surroundings } from './types.ts';

/**
 * Builds with an engine's `POST /build`; reported by events, the last of which is `done` or `error`. @throws
 * TcomposeError BUILD_CONTEXT, ENGINE_API
 */
export async function* runClassic(
  client: EngineClient,
  { service, request, build, ssh, signal }: ForeignBuild,
  around: Pick<Surroundings, 'registry'>,
): AsyncGenerator<ToldBuildEvent> {
  if (request.only === 'check')
    throw new TcomposeError('BUILD_NOT_YET', 'the classic builder does not check Dockerfiles', {
      hint: 'Install docker buildx, or unset DOCKER_HOST.',
    });
  for (const message of missingOfClassic(service, request, build, ssh)) yield { type: 'warning', message };
  const source = await sourceOf(request);
  const query = classicQuery(request, build, source.dockerfile);
  const answer = await client.transport.send({
    method: 'POST',
    path: `/build?${query.toString()}`,
    contentType: 'application/x-tar',
    headers: await registryConfig(source.text, around.registry),
    ...(source.archive === undefined ? {} : { body: Readable.from(source.archive, { objectMode: false }) }),
    signal,
  });
  const events = new ClassicEvents(request.tags ?? [], () => performance.now());
  let failed = false;
  for await (const message of jsonLines<ClassicMessage>(answer)) {
    failed ||= message.error !== undefined;
    yield* events.take(message);
  }
  if (!failed) yield* events.end();
}

interface Source {
  /** The Dockerfile's name in the archive. */
  readonly dockerfile: string;
  /** Undefined if the engine fetches it with the context. */
  readonly text: string | undefined;
  readonly archive: AsyncGenerator<Buffer> | undefined;
}

/** @throws TcomposeError BUILD_CONTEXT */
async function sourceOf({ context, dockerfile, dockerfileText }: ForeignBuild['request']): Promise<Source> {
  const name = dockerfile ?? 'Dockerfile';
  if (!isAbsolute(context)) {
    if (dockerfileText !== undefined)
      throw new TcomposeError(
        'BUILD_CONTEXT',
        'the classic builder does not take a Dockerfile beside a context that it fetches',
      );
    return { dockerfile: name, text: undefined, archive: undefined };
  }
  const path = resolve(context, name);
  const text = dockerfileText ?? (await readIfThere(path));
  if (text === undefined)
    throw new TcomposeError(
      'BUILD_CONTEXT',
      `failed to read dockerfile: open ${name}: no such file or directory`,
      {
        hint: `${path} was looked for.`,
      },
    );
  const own = dockerfileText === undefined ? await readIfThere(`${path}.dockerignore`) : undefined;
  const ignore = own ?? (await readIfThere(join(context, '.dockerignore'))) ?? '';
  const patterns = readIgnoreFile(ignore).map(({ pattern }) => pattern);
  const inside = relative(context, path);
  const outside = dockerfileText !== undefined || inside.startsWith('..');
  const sent = outside ? `.dockerfile.${randomBytes(8).toString('hex')}` : inside;
  // The engine reads the ignore file again: one for this Dockerfile only replaces the context's.
  const more = { ...(outside ? { [sent]: text } : {}) };
  const always = outside ? ['.dockerignore'] : ['.dockerignore', sent];
  const all = own === undefined ? patterns : [...patterns, '.dockerignore'];
  return {
    dockerfile: sent,
    text,
    archive: contextTar(context, all, own === undefined ? always : always.slice(1), more),
  };
}

const readIfThere = (path: string): Promise<string | undefined> =>
  readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw new TcomposeError('BUILD_CONTEXT', `${path} cannot be read: ${error.message}`, { cause: error });
  });
