import { type CheckOptions, detectDirective, readCheckOptions } from '../../build/dockerfile/directives.ts';
import { faultAt } from '../../build/dockerfile/fault.ts';
import type { ParsedDockerfile } from '../../build/dockerfile/node.ts';
import { parseDockerfile } from '../../build/dockerfile/parse.ts';
import { readDockerfile } from '../../build/instruction/read-dockerfile.ts';
import type { Dockerfile } from '../../build/instruction/types.ts';
import type { BuildOptions, NamedContext } from '../../build/plan/options.ts';
import type { Platform } from '../../build/plan/types.ts';
import { TcomposeError } from '../../errors.ts';
import type { ImageRecord } from '../../image/types.ts';
import type { BuildRequest } from '../api/build.ts';
import type { Engine } from '../context.ts';
import type { ContextDirectory } from './build-context.ts';
import { type ContextSources, openContexts } from './open-contexts.ts';

/** A request with its Dockerfile read and its directories found. */
export interface ReadRequest {
  readonly parsed: ParsedDockerfile;
  readonly dockerfile: Dockerfile;
  readonly options: BuildOptions;
  readonly contexts: ReadonlyMap<string, ContextDirectory>;
  /** Images that are in no registry, by reference. */
  readonly images: ReadonlyMap<string, ImageRecord>;
  readonly checks: CheckOptions;
  /** Seconds since 1970; nothing that is made gets a later time. */
  readonly epoch: number | undefined;
}

/** @throws TcomposeError BUILD_* */
export async function readRequest(request: BuildRequest, sources: ContextSources): Promise<ReadRequest> {
  const opened = await openContexts(request, sources);
  const source = opened.dockerfile;
  if (source.text === '') throw new TcomposeError('BUILD_DOCKERFILE', 'the Dockerfile cannot be empty');
  refuseOtherFrontend(source.text, source.name);
  const { SOURCE_DATE_EPOCH: epoch = '' } = request.args ?? {};
  if (!/^\d*$/.test(epoch))
    throw new TcomposeError('BUILD_CONTEXT', `invalid SOURCE_DATE_EPOCH: ${epoch}`, {
      hint: 'It is a number of seconds since 1970.',
    });
  const parsed = parseDockerfile(source.text, source.name);
  return {
    parsed,
    dockerfile: readDockerfile(parsed),
    options: optionsOf(sources, request, opened.named),
    checks: readCheckOptions(
      request.args?.BUILDKIT_DOCKERFILE_CHECK ?? detectDirective('check', source.text)?.text ?? '',
    ),
    epoch: epoch === '' ? undefined : Number(epoch),
    contexts: opened.directories,
    images: opened.images,
  };
}

/** Values of a request's secrets, by id. */
export const secretsOf = ({ secrets = {} }: BuildRequest): ReadonlyMap<string, Buffer> =>
  new Map(Object.entries(secrets).map(([id, value]) => [id, Buffer.from(value, 'base64')]));

/** The platform that this machine runs. */
export const ownPlatform = (engine: Engine): Platform => ({
  os: 'linux',
  architecture: engine.machine.architecture === 'arm64' ? 'arm64' : 'amd64',
  variant: '',
});

/** The language of BuildKit's own frontend is built in; another frontend would be a program in an image. */
function refuseOtherFrontend(text: string, file: string): void {
  const found = detectDirective('syntax', text);
  if (found === undefined || /^(?:docker\.io\/)?docker\/dockerfile(?:-upstream)?(?::|@|$)/.test(found.word))
    return;
  throw faultAt(
    { file, lines: text.split('\n') },
    { start: found.line, end: found.line },
    `the syntax ${found.word} belongs to another frontend, which is not supported; docker/dockerfile is built in`,
    'BUILD_NOT_YET',
  );
}

function optionsOf(
  { engine, platform }: ContextSources,
  request: BuildRequest,
  contexts: ReadonlyMap<string, NamedContext>,
): BuildOptions {
  const { network = 'default' } = request;
  if (network !== 'default' && network !== 'none' && network !== 'host')
    throw new TcomposeError(
      'BUILD_NOT_YET',
      `builds run on the default network, on none or on the host's; network "${network}" is not one of these`,
      { hint: 'The result would depend on what runs on that network at the time.' },
    );
  return {
    buildArgs: new Map(Object.entries(request.args ?? {})),
    target: request.target || undefined,
    everyStage: false,
    platform,
    buildPlatform: ownPlatform(engine),
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
