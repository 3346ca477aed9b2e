import { badParameter } from '../../http/failure.ts';
import type { Output } from './outputs.ts';

/**
 * The attributes of the frontend that correspond to the parameters of `POST /build`.
 * @throws ENGINE_BAD_PARAMETER
 */
export function queryAttributes(query: URLSearchParams): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>();
  const copy = (parameter: string, attribute: string): void => {
    const value = query.get(parameter);
    if (value) attributes.set(attribute, value);
  };
  copy('dockerfile', 'filename');
  copy('target', 'target');
  copy('platform', 'platform');
  copy('networkmode', 'force-network-mode');
  copy('shmsize', 'shm-size');
  copy('cgroupparent', 'cgroup-parent');
  if (isTrue(query.get('nocache'))) attributes.set('no-cache', '');
  if (isTrue(query.get('pull'))) attributes.set('image-resolve-mode', 'pull');
  for (const [name, value] of pairs(query, 'buildargs')) attributes.set(`build-arg:${name}`, value);
  for (const [name, value] of pairs(query, 'labels')) attributes.set(`label:${name}`, value);
  const hosts = query
    .getAll('extrahosts')
    .flatMap((one) => one.split(','))
    .filter((one) => one !== '')
    .map((one) => one.replace(/^([^:=]+):/, '$1='));
  if (hosts.length > 0) attributes.set('add-hosts', hosts.join(','));
  const limits = parsed(query, 'ulimits');
  if (Array.isArray(limits))
    attributes.set(
      'ulimit',
      limits
        .map(
          (one: { Name?: unknown; Soft?: unknown; Hard?: unknown }) =>
            `${one?.Name}=${one?.Soft}:${one?.Hard}`,
        )
        .join(','),
    );
  if (query.get('remote') !== 'client-session') copy('remote', 'context');
  return attributes;
}

/** What to make of the result; an image by default. @throws ENGINE_BAD_PARAMETER */
export function queryOutput(query: URLSearchParams): Output {
  const outputs = parsed(query, 'outputs');
  if (!Array.isArray(outputs) || outputs.length === 0) return { kind: 'image', names: [], push: false };
  const [first] = outputs as ({ readonly Type?: unknown } | null)[];
  const type = first?.Type;
  if (outputs.length > 1) throw badParameter('multiple outputs not supported');
  if (type === 'moby' || type === 'image') return { kind: 'image', names: [], push: false };
  if (type === 'cacheonly') return { kind: 'nothing' };
  if (type === 'local' || type === 'tar') return { kind: type };
  throw badParameter(`output ${JSON.stringify(type)} is not supported; use image, local or tar`);
}

const isTrue = (text: string | null): boolean => /^(?:1|true)$/i.test(text ?? '');

function parsed(query: URLSearchParams, key: string): unknown {
  try {
    return JSON.parse(query.get(key) || 'null');
  } catch {
    throw badParameter(`${key} is not JSON`);
  }
}

function pairs(query: URLSearchParams, key: string): readonly (readonly [string, string])[] {
  const value = parsed(query, key);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, one]) =>
    typeof one === 'string' ? [[name, one] as const] : [],
  );
}
