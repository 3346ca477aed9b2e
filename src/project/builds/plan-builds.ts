import { posix } from 'node:path';
import { parseDockerfile } from '../../build/dockerfile/parse.ts';
import { readDockerfile } from '../../build/instruction/read-dockerfile.ts';
import { contextPlace } from '../../build/source/context-place.ts';
import type { Build } from '../../compose/model/build.ts';
import type { Project } from '../../compose/model/project.ts';
import type { Service } from '../../compose/model/service.ts';
import type { BuildRequest } from '../../engine/api/build.ts';
import { TcomposeError } from '../../errors.ts';
import { listedName } from '../../image/reference.ts';
import { labels } from '../labels.ts';
import { imageReference } from '../names.ts';

/** The command line's settings for a build. */
export interface BuildFlags {
  readonly args: Readonly<Record<string, string>>;
  readonly noCache: boolean;
  /** Request newer base images. */
  readonly pull?: boolean;
  /** Additional agents and keys for all builds. */
  readonly ssh?: readonly string[];
  /** For services without a platform. */
  readonly defaultPlatform?: string;
  /** Make images for all platforms of `build.platforms`, not only for the one to run. */
  readonly allPlatforms?: boolean;
}

/** One build of a service's image. */
export interface ServiceBuild {
  readonly service: string;
  readonly image: string;
  /** Without the values of its secrets. */
  readonly request: BuildRequest;
  /** Keys of the project's secrets by the id used in the Dockerfile. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Agents and keys in the compose file's form: `default`, `id`, `id=path`. */
  readonly ssh: readonly string[];
  /** Services on whose images this one is based. */
  readonly needs: readonly string[];
  /** What is accepted but has no effect, one sentence each. */
  readonly warnings: readonly string[];
}

/**
 * The builds of services, each after those on which it is based.
 * @param dockerfiles texts of Dockerfiles by service, if they could be read
 * @throws TcomposeError BUILD_CONTEXT for what can't be built; PROJECT_CYCLE is reported as BUILD_CONTEXT
 */
export function planBuilds(
  project: Project,
  services: readonly string[],
  flags: BuildFlags,
  dockerfiles: ReadonlyMap<string, string>,
): readonly ServiceBuild[] {
  const byImage = new Map(
    Object.values(buildableServices(project)).flatMap((service) =>
      [imageReference(project, service), ...(service.build?.tags ?? [])].map((name) => [
        listedName(name),
        service.name,
      ]),
    ),
  );
  const ordered: ServiceBuild[] = [];
  const open: string[] = [];
  const add = (name: string): void => {
    if (ordered.some(({ service }) => service === name)) return;
    if (open.includes(name))
      throw new TcomposeError(
        'BUILD_CONTEXT',
        `services are built from each other in a circle: ${[...open.slice(open.indexOf(name)), name].join(' -> ')}`,
      );
    open.push(name);
    const service = buildableServices(project)[name];
    if (service?.build === undefined) {
      open.pop();
      return;
    }
    const needs = [
      ...contextServices(service.build),
      ...basesOf(dockerfiles.get(name)).flatMap((image) => byImage.get(image) ?? []),
    ].filter((other) => other !== name);
    for (const other of needs) add(other);
    const one = buildOf(project, service, service.build, flags);
    const request = one.request.pull === true ? { ...one.request, local: [...byImage.keys()] } : one.request;
    ordered.push({ ...one, request, needs });
    open.pop();
  };
  for (const name of services) add(name);
  return ordered;
}

/** Services with a build section, including those that a command or profiles exclude: another image may be based on theirs. */
export const buildableServices = (project: Project): Readonly<Record<string, Service>> =>
  Object.fromEntries(
    Object.entries({ ...project.disabledServices, ...project.services }).filter(
      ([, { build }]) => build !== undefined,
    ),
  );

const contextServices = ({ additional_contexts = {} }: Build): readonly string[] =>
  Object.values(additional_contexts).flatMap((place) => serviceOf(place) ?? []);

/** The service whose image is a context: bake writes `target:`. */
const serviceOf = (place: string): string | undefined => /^(?:service|target):(.*)$/.exec(place)?.[1];

/** Images that a Dockerfile names, in the form in which engines list them; none if it can't be read. */
function basesOf(text: string | undefined): readonly string[] {
  if (text === undefined) return [];
  try {
    const { stages } = readDockerfile(parseDockerfile(text, 'Dockerfile'));
    const names = stages.flatMap(({ from, instructions }) => [
      from.image,
      ...instructions.flatMap((one) => (one.kind === 'copy' && one.from !== undefined ? [one.from] : [])),
      ...instructions.flatMap((one) =>
        one.kind === 'run' ? one.mounts.flatMap((mount) => /(?:^|,)from=([^,]+)/.exec(mount)?.[1] ?? []) : [],
      ),
    ]);
    return names.map(listedName);
  } catch {
    return [];
  }
}

function buildOf(
  project: Project,
  service: Service,
  build: Build,
  flags: BuildFlags,
): Omit<ServiceBuild, 'needs'> {
  const image = imageReference(project, service);
  const platform = platformOf(service, build, flags.defaultPlatform);
  const several = flags.allPlatforms === true ? (build.platforms ?? []) : [];
  const args = Object.entries({ ...build.args, ...flags.args }).flatMap(([name, value]) =>
    value === null ? [] : [[name, value]],
  );
  const contexts = Object.entries(build.additional_contexts ?? {}).map(([name, place]) => [
    name,
    placeOf(project, place),
  ]);
  const request: BuildRequest = {
    context: contextOf(service, build),
    ...(build.dockerfile === undefined ? {} : { dockerfile: build.dockerfile }),
    ...(build.dockerfile_inline === undefined ? {} : { dockerfileText: build.dockerfile_inline }),
    ...(build.target === undefined ? {} : { target: build.target }),
    args: Object.fromEntries(args),
    labels: {
      ...build.labels,
      [labels.project]: project.name,
      [labels.service]: service.name,
    },
    tags: [...(build.tags ?? []), image],
    contexts: Object.fromEntries(contexts),
    ...(several.length > 1 ? { platforms: several } : platform === undefined ? {} : { platform }),
    ...(flags.pull === true || build.pull === true ? { pull: true } : {}),
    noCache: flags.noCache || build.no_cache === true,
    noCacheFilter: build.no_cache_filter ?? [],
    ...(build.cache_from === undefined ? {} : { cacheFrom: caches(project, build.cache_from) }),
    ...(build.cache_to === undefined ? {} : { cacheTo: caches(project, build.cache_to) }),
    ...(build.network === undefined ? {} : { network: build.network }),
    extraHosts: Object.entries(build.extra_hosts ?? {}).flatMap(([host, addresses]) =>
      addresses.map((address) => `${host}=${address}`),
    ),
    ...(build.shm_size === undefined ? {} : { shmSize: build.shm_size }),
    ulimits: Object.entries(build.ulimits ?? {}).map(([name, limit]) =>
      typeof limit === 'number' ? `${name}=${limit}` : `${name}=${limit.soft}:${limit.hard}`,
    ),
  };
  const secrets = (build.secrets ?? []).map(({ source, target }) => [target ?? source, source]);
  return {
    service: service.name,
    image,
    request,
    secrets: Object.fromEntries(secrets),
    ssh: [...(build.ssh ?? []), ...(flags.ssh ?? [])],
    warnings: ignoredOf(service, build),
  };
}

/** Caches in the engine's form: directories become relative to the project's. */
function caches({ workingDir }: Project, entries: readonly string[]): readonly string[] {
  return entries.map((entry) =>
    /(?:^|,)\s*type=local\s*(?:,|$)/.test(entry)
      ? entry.replace(
          /(^|,)(\s*(?:src|dest)=)([^,]*)/g,
          (_, comma: string, key: string, path: string) => `${comma}${key}${posix.resolve(workingDir, path)}`,
        )
      : entry,
  );
}

/** A context in the engine's form. */
function placeOf(project: Project, place: string): string {
  const service = serviceOf(place);
  if (service !== undefined) return imageOfService(project, service);
  const layout = 'oci-layout://';
  if (!place.startsWith(layout) || place.startsWith(`${layout}/`)) return place;
  return `${layout}${posix.join(project.workingDir, place.slice(layout.length))}`;
}

function imageOfService(project: Project, name: string): string {
  const service = buildableServices(project)[name];
  if (service === undefined)
    throw new TcomposeError('BUILD_CONTEXT', `additional_contexts names service ${name}, which is not there`);
  return `docker-image://${imageReference(project, service)}`;
}

/** Where the context is: an absolute path, or something that the engine fetches. @throws TcomposeError BUILD_CONTEXT */
function contextOf({ name }: Service, { context = '' }: Build): string {
  const place = contextPlace(context, false);
  if (context.startsWith('/') || place.kind === 'git' || place.kind === 'http') return context;
  throw new TcomposeError('BUILD_CONTEXT', `the build context of service ${name} cannot be ${context}`, {
    hint: 'It is a directory, a git repository (https://…/x.git#ref:subdir), or the address of an archive.',
  });
}

/** The platform to build for; of several, the service's, else the first. */
function platformOf(service: Service, build: Build, usual: string | undefined): string | undefined {
  const wanted = service.platform ?? usual;
  const { platforms = [] } = build;
  if (wanted !== undefined && platforms.length > 0 && !platforms.includes(wanted))
    throw new TcomposeError(
      'BUILD_CONTEXT',
      `service ${JSON.stringify(service.name)} build configuration does not support platform: ${wanted}`,
    );
  return wanted ?? (platforms.length === 1 ? platforms[0] : undefined);
}

const ignored: readonly (keyof Build)[] = ['entitlements', 'privileged', 'provenance', 'sbom'];

function ignoredOf(service: Service, build: Build): readonly string[] {
  const names = ignored.filter((name) => {
    const value = build[name];
    const asked = value !== undefined && value !== false && value !== 'false';
    return asked && !(Array.isArray(value) && value.length === 0);
  });
  const one = names.map((name) => `build.${name} of service ${service.name} is not supported`);
  return one;
}
