import { TcomposeError } from '../../errors.ts';

/** Where an engine listens. */
export type Endpoint =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

/**
 * Parses a DOCKER_HOST value (`unix:///path`, `tcp://host:port`, `http://host:port`).
 * @throws TcomposeError ENGINE_UNREACHABLE for a transport that this client does not support.
 */
export function parseDockerHost(value: string): Endpoint {
  const unix = /^unix:\/\/(\/.+)$/.exec(value);
  if (unix !== null) return { kind: 'unix', path: unix[1]! };
  const tcp = /^(?:tcp|http):\/\/(\[[^\]]+\]|[^:/]+)(?::(\d+))?\/?$/.exec(value);
  if (tcp !== null)
    return { kind: 'tcp', host: tcp[1]!.replace(/^\[|\]$/g, ''), port: Number(tcp[2] ?? 2375) };
  throw new TcomposeError('ENGINE_UNREACHABLE', `DOCKER_HOST has an unknown form: ${value}`, {
    hint: 'Use unix:///path/to/engine.sock or tcp://host:port; unset DOCKER_HOST to use the built-in engine.',
  });
}

/** An endpoint in the form of DOCKER_HOST. */
export const describeEndpoint = (endpoint: Endpoint): string =>
  endpoint.kind === 'unix' ? `unix://${endpoint.path}` : `tcp://${endpoint.host}:${endpoint.port}`;
