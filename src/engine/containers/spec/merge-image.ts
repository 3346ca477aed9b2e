import type { ImageRuntimeConfig } from '../../../image/types.ts';
import type { ContainerConfig } from '../../api/container-config.ts';
import { badParameter } from '../../http/failure.ts';

interface MergedConfig {
  readonly config: ContainerConfig;
  /** The container's argv. */
  readonly command: readonly string[];
}

/**
 * Docker's rules for a create request over an image: environment by key, maps by key (the request wins), scalars where
 * the request is empty; an entrypoint given in the request drops the image's command, except an empty list, which only
 * drops the image's entrypoint. Throws 400 without a command.
 */
export function mergeImageConfig(request: ContainerConfig, image: ImageRuntimeConfig): MergedConfig {
  const ownEntrypoint = list(request.Entrypoint);
  const entrypoint = ownEntrypoint ?? image.Entrypoint ?? [];
  const ownCommand = list(request.Cmd) ?? [];
  const keepsCommand = ownCommand.length === 0 && (ownEntrypoint ?? []).length === 0;
  const command = keepsCommand ? (image.Cmd ?? []) : ownCommand;
  const argv = [...(isNone(entrypoint) ? [] : entrypoint), ...command];
  if (argv.length === 0 || argv[0] === '') {
    throw badParameter(
      'no command specified',
      'The image has none either: give one, in a compose file by "command".',
    );
  }
  const healthcheck = mergeHealthcheck(request.Healthcheck, image.Healthcheck);
  const config: ContainerConfig = {
    ...request,
    Env: mergeEnv(image.Env ?? [], request.Env ?? []),
    Cmd: command.length > 0 ? command : null,
    Entrypoint: isNone(entrypoint) ? null : entrypoint,
    User: request.User || image.User || '',
    WorkingDir: request.WorkingDir || image.WorkingDir || '',
    Labels: { ...image.Labels, ...request.Labels },
    Volumes: merged(image.Volumes, request.Volumes),
    ExposedPorts: merged(withProtocol(image.ExposedPorts), withProtocol(request.ExposedPorts)),
    ...(request.StopSignal || image.StopSignal ? { StopSignal: request.StopSignal || image.StopSignal } : {}),
    ...(healthcheck === undefined ? {} : { Healthcheck: healthcheck }),
  };
  return { config, command: argv };
}

/** Whether there is no entrypoint: a single empty string also means that, in requests and images. */
const isNone = (entrypoint: readonly string[]): boolean =>
  entrypoint.length === 0 || (entrypoint.length === 1 && entrypoint[0] === '');

function list(value: readonly string[] | string | null | undefined): readonly string[] | undefined {
  if (value === null || value === undefined) return undefined;
  return typeof value === 'string' ? [value] : value;
}

/** `80` is `80/tcp`: the two are one port. */
function withProtocol(ports: Readonly<Record<string, object>> | null | undefined): Record<string, object> {
  return Object.fromEntries(
    Object.entries(ports ?? {}).map(([port, value]) => [
      port.includes('/') ? port.toLowerCase() : `${port}/tcp`,
      value,
    ]),
  );
}

function merged(
  under: Readonly<Record<string, object>> | null | undefined,
  over: Readonly<Record<string, object>> | null | undefined,
): Readonly<Record<string, object>> | null {
  const all = { ...under, ...over };
  return Object.keys(all).length === 0 ? null : all;
}

/**
 * `K` alone replaces the image's K: it is shown as given, and the command's environment omits it, as with dockerd. The
 * order is dockerd's: the request's, then what only the image has.
 */
export function mergeEnv(under: readonly string[], over: readonly string[]): string[] {
  const key = (entry: string): string => {
    const at = entry.indexOf('=');
    return at === -1 ? entry : entry.slice(0, at);
  };
  const values = new Map(over.map((entry) => [key(entry), entry]));
  for (const entry of under) if (!values.has(key(entry))) values.set(key(entry), entry);
  return [...values.values()];
}

function mergeHealthcheck(
  request: ContainerConfig['Healthcheck'],
  image: ImageRuntimeConfig['Healthcheck'],
): ContainerConfig['Healthcheck'] | undefined {
  if (request === null || request === undefined) return image;
  if (image === undefined || request.Test?.[0] === 'NONE') return request;
  const test = request.Test?.length ? request.Test : image.Test;
  const filled: Record<string, number> = {};
  for (const name of ['Interval', 'Timeout', 'StartPeriod', 'StartInterval', 'Retries'] as const) {
    const value = request[name] || image[name];
    if (value !== undefined) filled[name] = value;
  }
  return { ...(test === undefined ? {} : { Test: test }), ...filled };
}
