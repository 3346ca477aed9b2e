import { TcomposeError } from '../../errors.ts';
import type { HandoverRequest } from '../api/engine.ts';
import type { PreflightRequest, PreflightResponse } from '../api/preflight.ts';
import type { AuthRequest, AuthResponse } from '../api/registry.ts';
import type { DiskUsage, Info, Version } from '../api/system.ts';
import { buildCalls } from './builds.ts';
import { containerCalls } from './containers.ts';
import { describeEndpoint } from './endpoint.ts';
import { type EventOptions, eventStream } from './event-stream.ts';
import { imageCalls } from './images.ts';
import { execCalls, networkCalls, volumeCalls } from './resources.ts';
import { readText, type Transport } from './transport.ts';

/** What `_ping` says about the engine. */
interface EngineIdentity {
  /** Highest API version that it supports, e.g. `1.41`. */
  readonly apiVersion: string;
  /** The `Server` header, e.g. `tcompose/0.1.0 (linux)`. */
  readonly server: string;
}

/** Client of the Docker Engine API: one object for each resource, with calls named like the API's operations. */
export interface EngineClient {
  readonly identity: EngineIdentity;
  /** The API version in use, e.g. `1.41`. */
  readonly apiVersion: string;
  readonly containers: ReturnType<typeof containerCalls>;
  readonly exec: ReturnType<typeof execCalls>;
  readonly networks: ReturnType<typeof networkCalls>;
  readonly volumes: ReturnType<typeof volumeCalls>;
  readonly images: ReturnType<typeof imageCalls>;
  readonly builds: ReturnType<typeof buildCalls>;
  readonly system: {
    version(): Promise<Version>;
    info(): Promise<Info>;
    /** Asks a registry whether credentials are valid. */
    auth(request: AuthRequest): Promise<AuthResponse>;
    diskUsage(): Promise<DiskUsage>;
    handover(request: HandoverRequest): Promise<void>;
    /** Only with tcompose's own engine. */
    preflight(request: PreflightRequest): Promise<PreflightResponse>;
  };
  /** For requests that the calls above don't cover. */
  readonly transport: Transport;
  events(options?: EventOptions): ReturnType<typeof eventStream>;
  /** Whether the API in use is at least `version`. */
  supports(version: string): boolean;
  close(): void;
}

/** The newest API version whose fields this client knows. */
const CLIENT_API_VERSION = '1.47';
/** The oldest version that recent engines still support. */
const OLDEST_API_VERSION = '1.24';

/** Compares two `major.minor` versions: negative, zero or positive. */
export function compareApiVersions(a: string, b: string): number {
  const [aMajor = 0, aMinor = 0] = a.split('.').map(Number);
  const [bMajor = 0, bMinor = 0] = b.split('.').map(Number);
  return aMajor - bMajor || aMinor - bMinor;
}

/** Asks an engine for its identity; `/_ping` needs no version prefix. */
export async function identify(transport: Transport): Promise<EngineIdentity> {
  const answer = await transport.send({ path: '/_ping' });
  await readText(answer);
  return {
    apiVersion: String(answer.headers['api-version'] ?? '1.24'),
    server: String(answer.headers.server ?? ''),
  };
}

/** A client over a transport, using the highest API version that both sides know. */
export async function createEngineClient(transport: Transport): Promise<EngineClient> {
  const identity = await identify(transport);
  if (compareApiVersions(identity.apiVersion, OLDEST_API_VERSION) < 0) {
    throw new TcomposeError(
      'ENGINE_API_VERSION',
      `the engine at ${describeEndpoint(transport.endpoint)} speaks version ${identity.apiVersion} of the Engine API at most, but at least ${OLDEST_API_VERSION} is needed`,
      { hint: 'Upgrade that engine, or unset DOCKER_HOST to use the built-in one.' },
    );
  }
  const apiVersion =
    compareApiVersions(identity.apiVersion, CLIENT_API_VERSION) < 0
      ? identity.apiVersion
      : CLIENT_API_VERSION;
  transport.prefix = `/v${apiVersion}`;
  return {
    identity,
    apiVersion,
    containers: containerCalls(transport),
    exec: execCalls(transport),
    networks: networkCalls(transport),
    volumes: volumeCalls(transport),
    images: imageCalls(transport),
    builds: buildCalls(transport),
    system: {
      version: () => transport.json<Version>({ path: '/version' }),
      info: () => transport.json<Info>({ path: '/info' }),
      auth: (request) => transport.json<AuthResponse>({ method: 'POST', path: '/auth', json: request }),
      diskUsage: () => transport.json<DiskUsage>({ path: '/system/df' }),
      handover: (request) =>
        transport.json<void>({
          method: 'POST',
          path: '/tcompose/handover',
          json: request,
          // An engine that makes way for another client's version may cut this request off; a successor of the right
          // version stays.
          idempotent: true,
        }),
      preflight: (request) =>
        transport.json<PreflightResponse>({
          method: 'POST',
          path: '/tcompose/preflight',
          json: request,
          idempotent: true,
        }),
    },
    transport,
    events: (options) => eventStream(transport, options),
    supports: (version) => compareApiVersions(apiVersion, version) >= 0,
    close: () => transport.close(),
  };
}
