import { type CheckOptions, detectDirective, readCheckOptions } from '../../build/dockerfile/directives.ts';
import { faultAt } from '../../build/dockerfile/fault.ts';
import type { ParsedDockerfile } from '../../build/dockerfile/node.ts';
import { parseDockerfile } from '../../build/dockerfile/parse.ts';
import { readDockerfile } from '../../build/instruction/read-dockerfile.ts';
import type { Dockerfile } from '../../build/instruction/types.ts';
import { contextKey } from '../../build/plan/context-key.ts';
import type { BuildOptions, NamedContext } from '../../build/plan/options.ts';
import { parsePlatform } from '../../build/plan/platform.ts';
import { TcomposeError } from '../../errors.ts';
import type { BuildRequest } from '../api/build.ts';
import type { Engine } from '../context.ts';
import { type ContextDirectory, findDockerfile, openContext } from './build-context.ts';

/** A request with its Dockerfile read and its directories found. */
export interface ReadRequest {
  readonly parsed: ParsedDockerfile;
  readonly dockerfile: Dockerfile;
  readonly options: BuildOptions;
  readonly contexts: ReadonlyMap<string, ContextDirectory>;
  readonly secrets: ReadonlyMap<string, Buffer>;
  readonly checks: CheckOptions;
  /** Seconds since 1970 that no time of what is made is later than. */
  readonly epoch: number | undefined;
}

/** @throws TcomposeError BUILD_* */
export async function readRequest(engine: Engine, request: BuildRequest): Promise<ReadRequest> {
  const source =
    request.dockerfileText === undefined
      ? await findDockerfile(request.context, request.dockerfile)
      : { name: 'Dockerfile', path: undefined, text: request.dockerfileText };
  if (source.text === '') throw new TcomposeError('BUILD_DOCKERFILE', 'the Dockerfile cannot be empty');
  refuseOtherFrontend(source.text, source.name);
  const { SOURCE_DATE_EPOCH: epoch = '' } = request.args ?? {};
  if (!/^\d*$/.test(epoch))
    throw new TcomposeError('BUILD_CONTEXT', `invalid SOURCE_DATE_EPOCH: ${epoch}`, {
      hint: 'It is a number of seconds since 1970.',
    });
  const parsed = parseDockerfile(source.text, source.name);
  const dockerfile = readDockerfile(parsed);
  const contexts = new Map([['', await openContext(request.context, source.path)]]);
  const named = new Map<string, NamedContext>();
  for (const [name, place] of Object.entries(request.contexts ?? {})) {
    const context = await namedContext(name, place);
    if (typeof context !== 'object') throw context;
    if ('path' in context) {
      contexts.set(contextKey(name), context);
      named.set(contextKey(name), { kind: 'directory' });
    } else named.set(contextKey(name), context);
  }
  return {
    parsed,
    dockerfile,
    options: optionsOf(engine, request, named),
    checks: readCheckOptions(
      request.args?.BUILDKIT_DOCKERFILE_CHECK ?? detectDirective('check', source.text)?.text ?? '',
    ),
    epoch: epoch === '' ? undefined : Number(epoch),
    contexts,
    secrets: new Map(
      Object.entries(request.secrets ?? {}).map(([id, value]) => [id, Buffer.from(value, 'base64')]),
    ),
  };
}

/** The language of BuildKit's own frontend is built in; another frontend would be a program in an image. */
function refuseOtherFrontend(text: string, file: string): void {
  const found = detectDirective('syntax', text);
  if (found === undefined || /^(?:docker\.io\/)?docker\/dockerfile(?:-upstream)?(?::|@|$)/.test(found.word))
    return;
  throw faultAt(
    { file, lines: text.split('\n') },
    { start: found.line, end: found.line },
    `the syntax ${found.word} is another frontend's, which is not carried out; that of docker/dockerfile is built in`,
    'BUILD_NOT_YET',
  );
}

async function namedContext(
  name: string,
  place: string,
): Promise<ContextDirectory | { readonly kind: 'image'; readonly reference: string }> {
  if (place.startsWith('docker-image://')) return { kind: 'image', reference: place.slice(15) };
  if (/^[a-z][a-z0-9+.-]*:/i.test(place) && !place.startsWith('/'))
    throw new TcomposeError(
      'BUILD_NOT_YET',
      `the build context ${name} is at ${place}; contexts are directories and docker-image:// names for now`,
    );
  try {
    return await openContext(place, undefined);
  } catch (error) {
    if (!(error instanceof TcomposeError) || error.code !== 'BUILD_CONTEXT') throw error;
    throw new TcomposeError(
      'BUILD_CONTEXT',
      `failed to get build context ${name}: stat ${place}: no such file or directory`,
    );
  }
}

function optionsOf(
  engine: Engine,
  request: BuildRequest,
  contexts: ReadonlyMap<string, NamedContext>,
): BuildOptions {
  const architecture = engine.machine.architecture === 'arm64' ? 'arm64' : 'amd64';
  const own = { os: 'linux', architecture, variant: '' };
  const platform = request.platform ? parsePlatform(request.platform) : own;
  const { network = 'default' } = request;
  if (network !== 'default' && network !== 'none' && network !== 'host')
    throw new TcomposeError(
      'BUILD_NOT_YET',
      `builds run on the default network, on none or on the host's; network "${network}" is none of these`,
      { hint: 'What is built would depend on what runs on that network at the time.' },
    );
  return {
    buildArgs: new Map(Object.entries(request.args ?? {})),
    target: request.target || undefined,
    platform,
    buildPlatform: own,
    labels: new Map(Object.entries(request.labels ?? {})),
    contexts,
    noCache: request.noCache ?? false,
    noCacheFilter: new Set((request.noCacheFilter ?? []).map((name) => name.toLowerCase())),
    network,
    extraHosts: request.extraHosts ?? [],
    shmSize: request.shmSize,
    ulimits: request.ulimits ?? [],
  };
}
