import type { Build } from '../../../compose/model/build.ts';
import type { BuildRequest } from '../../../engine/api/build.ts';

/** The parameters of `POST /build` for a request; `t` occurs once for each tag. Pure. */
export function classicQuery(request: BuildRequest, build: Build, dockerfile: string): URLSearchParams {
  const query = new URLSearchParams({ version: '1', rm: '1', forcerm: '1', dockerfile });
  const add = (name: string, value: string | undefined): void => {
    if (value !== undefined && value !== '') query.append(name, value);
  };
  const addJson = (name: string, value: object): void => {
    if (Object.keys(value).length > 0) query.append(name, JSON.stringify(value));
  };
  for (const tag of request.tags ?? []) add('t', tag);
  addJson('buildargs', request.args ?? {});
  addJson('labels', request.labels ?? {});
  addJson(
    'cachefrom',
    (build.cache_from ?? []).map(plainCache).filter((one) => one !== ''),
  );
  addJson(
    'ulimits',
    (request.ulimits ?? []).map((one) => {
      const [, name = '', soft = '', hard = soft] = /^(.*)=(-?\d+)(?::(-?\d+))?$/.exec(one) ?? [];
      return { Name: name, Soft: Number(soft), Hard: Number(hard) };
    }),
  );
  add('target', request.target);
  add('platform', request.platform);
  add('networkmode', request.network);
  add('shmsize', request.shmSize === undefined ? undefined : String(request.shmSize));
  add('extrahosts', (request.extraHosts ?? []).map((one) => one.replace('=', ':')).join(','));
  if (request.noCache === true) add('nocache', '1');
  if (request.pull === true) add('pull', '1');
  if (!request.context.startsWith('/')) add('remote', request.context);
  return query;
}

/** An image to take steps from; other kinds exist only in BuildKit. */
const plainCache = (text: string): string => {
  const [, ref = ''] = /^type=registry,(?:.*,)?ref=([^,]+)/.exec(text) ?? [];
  return text.includes('=') ? ref : text;
};

/** What the classic builder can't do for a build, in sentences. */
export function missingOfClassic(
  service: string,
  request: BuildRequest,
  build: Build,
  ssh: readonly string[],
): readonly string[] {
  const wanted: Readonly<Record<string, boolean>> = {
    secrets: Object.keys(request.secrets ?? {}).length > 0,
    ssh: ssh.length > 0,
    additional_contexts: Object.keys(request.contexts ?? {}).length > 0,
    no_cache_filter: (request.noCacheFilter ?? []).length > 0,
    cache_to: (build.cache_to ?? []).length > 0,
    entitlements: (build.entitlements ?? []).length > 0,
    privileged: build.privileged === true,
    provenance: build.provenance !== undefined && build.provenance !== 'false',
    sbom: build.sbom !== undefined && build.sbom !== 'false',
    platforms: request.platform === undefined && (build.platforms ?? []).length > 1,
  };
  return Object.entries(wanted).flatMap(([name, is]) =>
    is
      ? [
          `build.${name} of service ${service} is not supported by the classic builder; docker buildx supports it`,
        ]
      : [],
  );
}
