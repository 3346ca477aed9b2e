import type { BuildLimits, BuildRequest } from '../../api/build.ts';
import type { QueryShape } from '../../http/declared.ts';
import { badParameter } from '../../http/failure.ts';

/** The parameters of `POST /build` that take effect, in this builder or through BuildKit's protocol (version 2). */
export const classicQuery: QueryShape = {
  version: 'text',
  remote: 'text',
  q: 'flag',
  dockerfile: 'text',
  t: 'texts',
  buildargs: 'text',
  labels: 'text',
  nocache: 'flag',
  pull: 'flag',
  target: 'text',
  platform: 'text',
  networkmode: 'text',
  extrahosts: 'texts',
  shmsize: 'integer',
  ulimits: 'text',
  session: 'text',
  buildid: 'text',
  outputs: 'text',
  cgroupparent: 'text',
  cachefrom: 'text',
  memory: 'integer',
  memswap: 'integer',
  cpushares: 'integer',
  cpuperiod: 'integer',
  cpuquota: 'integer',
  cpusetcpus: 'text',
  cpusetmems: 'text',
};

/**
 * The build request for the parameters of `POST /build`.
 * @param context path of the received tar, unpacked, or the address in `remote`
 * @throws ENGINE_BAD_PARAMETER
 */
export function classicRequest(query: URLSearchParams, context: string): BuildRequest {
  const flag = (key: string) => /^(?:1|true)$/i.test(query.get(key) ?? '');
  const shmSize = Number(query.get('shmsize') ?? 0);
  const args = pairs(query, 'buildargs');
  return {
    context,
    confined: true,
    ...(query.get('dockerfile') ? { dockerfile: query.get('dockerfile')! } : {}),
    tags: query.getAll('t').filter((tag) => tag !== ''),
    args,
    labels: pairs(query, 'labels'),
    noCache: flag('nocache'),
    pull: flag('pull'),
    ...(query.get('target') ? { target: query.get('target')! } : {}),
    ...(query.get('platform') ? { platform: query.get('platform')! } : {}),
    ...(query.get('networkmode') ? { network: query.get('networkmode')! } : {}),
    extraHosts: (query.get('extrahosts') ?? '').split(',').filter((host) => host !== ''),
    ...(shmSize > 0 ? { shmSize } : {}),
    ulimits: ulimits(query.get('ulimits')),
    limits: limits(query),
    cacheFrom: cacheImages(query),
  };
}

function limits(query: URLSearchParams): BuildLimits {
  const number = (key: string, name: keyof BuildLimits) => {
    const value = Number(query.get(key) || 0);
    return value === 0 ? {} : { [name]: value };
  };
  const text = (key: string, name: keyof BuildLimits) => {
    const value = query.get(key);
    return value ? { [name]: value } : {};
  };
  return {
    ...number('memory', 'Memory'),
    ...number('memswap', 'MemorySwap'),
    ...number('cpushares', 'CpuShares'),
    ...number('cpuperiod', 'CpuPeriod'),
    ...number('cpuquota', 'CpuQuota'),
    ...text('cpusetcpus', 'CpusetCpus'),
    ...text('cpusetmems', 'CpusetMems'),
  };
}

/** Images whose configuration may contain cache records. */
function cacheImages(query: URLSearchParams): readonly string[] {
  const list = parsed(query, 'cachefrom');
  return Array.isArray(list) ? list.filter((one) => typeof one === 'string' && one !== '') : [];
}

function parsed(query: URLSearchParams, key: string): unknown {
  try {
    return JSON.parse(query.get(key) || '{}');
  } catch {
    throw badParameter(`${key} is not JSON`);
  }
}

function pairs(query: URLSearchParams, key: string): Readonly<Record<string, string>> {
  const value = parsed(query, key);
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, one]) => (typeof one === 'string' ? [[name, one]] : [])),
  );
}

function ulimits(text: string | null): readonly string[] {
  if (text === null || text === '') return [];
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    throw badParameter('ulimits is not JSON');
  }
  if (!Array.isArray(list)) return [];
  return list.flatMap((one: { Name?: unknown; Soft?: unknown; Hard?: unknown }) =>
    typeof one?.Name === 'string' ? [`${one.Name}=${Number(one.Soft)}:${Number(one.Hard)}`] : [],
  );
}
