import { contextKey } from '../../build/plan/context-key.ts';
import type { NamedContext } from '../../build/plan/options.ts';
import type { Platform, RemoteSource } from '../../build/plan/types.ts';
import { contextPlace } from '../../build/source/context-place.ts';
import { TcomposeError } from '../../errors.ts';
import { formatReference, parseReference } from '../../image/reference.ts';
import type { ImageRecord } from '../../image/types.ts';
import type { BuildRequest } from '../api/build.ts';
import type { Engine } from '../context.ts';
import type { SentSources } from './build-client.ts';
import {
  type ContextDirectory,
  confinedFiles,
  type DockerfileSource,
  findDockerfile,
  openContext,
  trustedFiles,
} from './build-context.ts';
import type { CacheLease } from './cache/cache-types.ts';
import type { Fetched } from './sources/fetch-types.ts';
import { loadLayoutImage } from './sources/layout-image.ts';
import { fetchContext } from './sources/remote-context.ts';

/** What is needed to open contexts. */
export interface ContextSources {
  readonly engine: Engine;
  readonly cache: CacheLease;
  readonly fetch: (source: RemoteSource) => Promise<Fetched>;
  readonly platform: Platform;
  /** Directories to use instead of paths of the request. */
  readonly sent: SentSources | undefined;
}

/** The Dockerfile of a build, and the directories it copies from. */
export interface OpenedContexts {
  readonly dockerfile: DockerfileSource;
  /** By name; '' is the build context. */
  readonly directories: ReadonlyMap<string, ContextDirectory>;
  readonly named: ReadonlyMap<string, NamedContext>;
  /** Images that are in no registry, by the reference that `named` has for them. */
  readonly images: ReadonlyMap<string, ImageRecord>;
}

/** @throws TcomposeError BUILD_* */
export async function openContexts(request: BuildRequest, sources: ContextSources): Promise<OpenedContexts> {
  const main = sources.sent?.main ?? (await mainContext(request, sources));
  const sent = sources.sent?.named ?? [];
  const directories = new Map([['', main.directory], ...sent]);
  const named = new Map<string, NamedContext>();
  for (const [name] of sent) named.set(name, { kind: 'directory' });
  const images = new Map<string, ImageRecord>();
  for (const [name, text] of Object.entries(request.contexts ?? {})) {
    const key = contextKey(name);
    const opened = await namedContext(name, text, sources);
    if (opened.kind === 'reference') named.set(key, { kind: 'image', reference: opened.reference });
    else if (opened.kind === 'record') {
      const reference = formatReference(
        parseReference(`oci-layout.invalid/${opened.record.id.replace(':', '/')}:latest`),
      );
      images.set(reference, opened.record);
      named.set(key, { kind: 'image', reference });
    } else {
      named.set(key, { kind: 'directory' });
      directories.set(key, opened.directory);
    }
  }
  return { dockerfile: main.dockerfile, directories, named, images };
}

async function mainContext(
  request: BuildRequest,
  sources: ContextSources,
): Promise<{ readonly dockerfile: DockerfileSource; readonly directory: ContextDirectory }> {
  const { context, dockerfile, dockerfileText } = request;
  const place = contextPlace(context, keepsGit(request));
  if (place.kind === 'git' || place.kind === 'http') {
    const fetched = await fetchContext(place, {
      ...sources,
      jobs: sources.engine.jobs,
      warn: warner(sources),
    });
    if (fetched.kind === 'dockerfile')
      return {
        dockerfile: { name: 'Dockerfile', isFile: false, text: dockerfileText ?? fetched.text },
        directory: { path: sources.cache.empty, ignore: undefined },
      };
    return local(fetched.path, dockerfile, dockerfileText, confinedFiles(fetched.path));
  }
  if (place.kind !== 'directory')
    throw new TcomposeError('BUILD_CONTEXT', `the build context cannot be ${context}`, {
      hint: 'It is a directory, a git repository (https://…/x.git#ref:subdir), or the address of an archive.',
    });
  const files = request.confined === true ? confinedFiles(place.path) : trustedFiles(place.path);
  return local(place.path, dockerfile, dockerfileText, files);
}

async function local(
  path: string,
  name: string | undefined,
  text: string | undefined,
  read: (name: string) => Promise<string | undefined>,
) {
  const dockerfile =
    text === undefined ? await findDockerfile(path, name, read) : { name: 'Dockerfile', isFile: false, text };
  const directory = await openContext(path, dockerfile.isFile ? dockerfile.name : undefined, read);
  return { dockerfile, directory };
}

const warner =
  ({ engine }: ContextSources) =>
  (message: string): void =>
    engine.log.warn(`build context: ${message}`);

const keepsGit = ({ args }: BuildRequest): boolean =>
  /^(?:1|t|true)$/i.test(args?.BUILDKIT_CONTEXT_KEEP_GIT_DIR ?? '');

type NamedPlace =
  | { readonly kind: 'directory'; readonly directory: ContextDirectory }
  | { readonly kind: 'reference'; readonly reference: string }
  | { readonly kind: 'record'; readonly record: ImageRecord };

async function namedContext(name: string, text: string, sources: ContextSources): Promise<NamedPlace> {
  const place = contextPlace(text, false);
  switch (place.kind) {
    case 'image':
      return { kind: 'reference', reference: place.reference };
    case 'layout':
      return { kind: 'record', record: await loadLayoutImage(sources.engine, place, sources.platform) };
    case 'directory':
      return { kind: 'directory', directory: await namedDirectory(name, place.path) };
    case 'git':
    case 'http': {
      const fetched = await fetchContext(place, {
        ...sources,
        jobs: sources.engine.jobs,
        warn: warner(sources),
      });
      if (fetched.kind === 'dockerfile')
        throw new TcomposeError('BUILD_CONTEXT', `the build context ${name} at ${text} is not an archive`);
      const directory = await openContext(fetched.path, undefined, confinedFiles(fetched.path));
      return { kind: 'directory', directory };
    }
    case 'unknown':
      throw new TcomposeError('BUILD_CONTEXT', `unsupported context source ${place.scheme} for ${name}`, {
        hint: 'A context is a directory, a git repository, the address of an archive, docker-image://, oci-layout:// or, in a compose file, service:.',
      });
  }
}

async function namedDirectory(name: string, path: string): Promise<ContextDirectory> {
  try {
    return await openContext(path, undefined);
  } catch (error) {
    if (!(error instanceof TcomposeError) || error.code !== 'BUILD_CONTEXT') throw error;
    throw new TcomposeError(
      'BUILD_CONTEXT',
      `failed to get build context ${name}: stat ${path}: no such file or directory`,
    );
  }
}
