import { isAbsolute, join } from 'node:path';
import type { Build } from '../../../compose/model/build.ts';
import type { BuildRequest } from '../../../engine/api/build.ts';

/** How to call `docker buildx build`. */
export interface BuildxCall {
  readonly args: readonly string[];
  /** Values that are passed in the environment, so that the process list does not show them. */
  readonly env: Readonly<Record<string, string>>;
  /** The Dockerfile, if it is passed on standard input. */
  readonly input: string | undefined;
}

/** Paths for the call. */
export interface BuildxFiles {
  /** File that will contain the image's id. */
  readonly id: string;
  /** Files with the secrets' values, by id. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** The buildx call for a build. Pure. */
export function buildxCall(
  request: BuildRequest,
  build: Build,
  ssh: readonly string[],
  files: BuildxFiles,
): BuildxCall {
  const { context, dockerfile, dockerfileText, args = {}, only } = request;
  const local = isAbsolute(context);
  const file =
    dockerfileText !== undefined
      ? '-'
      : dockerfile !== undefined && local && !isAbsolute(dockerfile)
        ? join(context, dockerfile)
        : dockerfile;
  const platforms = request.platform ?? (build.platforms ?? []).join(',');
  const flags = [
    'buildx',
    'build',
    '--progress=rawjson',
    ...(only === 'check' ? ['--check'] : ['--load', `--iidfile=${files.id}`]),
    ...one('file', file),
    ...one('target', request.target),
    // Only names: buildx takes the values from its environment.
    ...Object.keys(args).map((name) => `--build-arg=${name}`),
    ...many('label', pairs(request.labels)),
    ...many('tag', request.tags),
    ...many('build-context', pairs(request.contexts)),
    ...many(
      'secret',
      Object.entries(files.secrets).map(([id, path]) => `type=file,id=${id},src=${path}`),
    ),
    ...many('ssh', ssh),
    ...one('platform', platforms),
    ...flag('pull', request.pull),
    ...flag('no-cache', request.noCache),
    ...many('no-cache-filter', request.noCacheFilter),
    ...one('network', request.network),
    ...many('add-host', request.extraHosts),
    ...one('shm-size', request.shmSize === undefined ? undefined : String(request.shmSize)),
    ...many('ulimit', request.ulimits),
    ...many('cache-from', build.cache_from),
    ...many('cache-to', build.cache_to),
    ...many('allow', build.entitlements),
    ...one('provenance', build.provenance),
    ...one('sbom', build.sbom),
  ];
  return { args: [...flags, '--', context], env: args, input: dockerfileText };
}

/** What buildx has no flag for, in sentences. */
export const missingOfBuildx = (service: string, build: Build): readonly string[] =>
  build.privileged === true
    ? [`build.privileged of service ${service} is not supported by docker buildx`]
    : [];

const one = (name: string, value: string | undefined): readonly string[] =>
  value === undefined || value === '' ? [] : [`--${name}=${value}`];

const many = (name: string, values: readonly string[] = []): readonly string[] =>
  values.map((value) => `--${name}=${value}`);

const flag = (name: string, value: boolean | undefined): readonly string[] =>
  value === true ? [`--${name}`] : [];

const pairs = (values: Readonly<Record<string, string>> = {}): readonly string[] =>
  Object.entries(values).map(([name, value]) => `${name}=${value}`);
