import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type {
  ImageDeleteResponse,
  ImageHistoryEntry,
  ImageInspect,
  ImageProgress,
  ImagePruneResponse,
  ImageSummary,
} from '../api/image.ts';
import type { DistributionInspect, SearchResult } from '../api/registry.ts';
import { encodeFilters, type Filters } from './containers.ts';
import { jsonLines } from './json-lines.ts';
import type { Transport } from './transport.ts';

const part = encodeURIComponent;

/** A reference in a path: slashes, colons and `@` are not escaped. */
const inPath = (reference: string): string => encodeURI(reference).replace(/[?#]/g, encodeURIComponent);

/** Headers for a request to a registry: X-Registry-Auth and the proxies, see `src/cli/credentials`. */
export type RegistryHeaders = Readonly<Record<string, string>>;

interface TransferOptions {
  readonly headers?: RegistryHeaders;
  readonly signal?: AbortSignal;
}

/** `/images` and `/distribution` of the Engine API. Progress is read no faster than the caller takes it. */
export function imageCalls(transport: Transport) {
  return {
    ...localCalls(transport),
    ...archiveCalls(transport),
    /** Pulls `repo` with a tag or digest; without either, all of its tags. */
    async *pull(
      repo: string,
      options: TransferOptions & { readonly tag?: string; readonly platform?: string },
    ): AsyncGenerator<ImageProgress> {
      const { tag, platform, headers, signal } = options;
      const answer = await transport.send({
        method: 'POST',
        path: '/images/create',
        query: { fromImage: repo, tag, platform },
        ...(headers === undefined ? {} : { headers }),
        ...(signal === undefined ? {} : { signal }),
      });
      yield* jsonLines<ImageProgress>(answer);
    },
    /** Pushes a tag of `repo`, or all of them if no tag is given. */
    async *push(
      repo: string,
      options: TransferOptions & { readonly tag?: string; readonly platform?: string },
    ): AsyncGenerator<ImageProgress> {
      const { tag, platform, headers, signal } = options;
      const answer = await transport.send({
        method: 'POST',
        path: `/images/${inPath(repo)}/push`,
        query: { tag, platform: platformQuery(platform) },
        // Engines before 28 require the header, even if empty.
        headers: { 'X-Registry-Auth': 'e30', ...headers },
        ...(signal === undefined ? {} : { signal }),
      });
      yield* jsonLines<ImageProgress>(answer);
    },
    /** What a registry has under a name, without pulling it. */
    distribution: (reference: string, headers?: RegistryHeaders) =>
      transport.json<DistributionInspect>({
        path: `/distribution/${inPath(reference)}/json`,
        ...(headers === undefined ? {} : { headers }),
      }),
    search: (term: string, limit: number, filters: Filters, headers?: RegistryHeaders) =>
      transport.json<SearchResult[]>({
        path: '/images/search',
        query: { term, limit, filters: encodeFilters(filters) },
        ...(headers === undefined ? {} : { headers }),
      }),
  };
}

/** Calls about the engine's own images. */
function localCalls(transport: Transport) {
  return {
    list: (filters?: Filters, options: { readonly sharedSize?: boolean; readonly all?: boolean } = {}) =>
      transport.json<ImageSummary[]>({
        path: '/images/json',
        query: {
          filters: encodeFilters(filters),
          'shared-size': options.sharedSize === true ? 1 : undefined,
          all: options.all === true ? 1 : undefined,
        },
      }),
    inspect: (reference: string, platform?: string) =>
      transport.json<ImageInspect>({
        path: `/images/${inPath(reference)}/json`,
        query: { platform: platformQuery(platform) },
      }),
    history: (reference: string, platform?: string) =>
      transport.json<ImageHistoryEntry[]>({
        path: `/images/${inPath(reference)}/history`,
        query: { platform: platformQuery(platform) },
      }),
    remove: (reference: string, options: { force?: boolean; noprune?: boolean } = {}) =>
      transport.json<ImageDeleteResponse>({
        method: 'DELETE',
        path: `/images/${inPath(reference)}`,
        query: options,
      }),
    tag: (reference: string, repo: string, tag: string) =>
      transport.json<void>({
        method: 'POST',
        path: `/images/${inPath(reference)}/tag`,
        query: { repo, tag },
      }),
    prune: (filters: Filters) =>
      transport.json<ImagePruneResponse>({
        method: 'POST',
        path: '/images/prune',
        query: { filters: encodeFilters(filters) },
      }),
  };
}

/** Calls that use tar archives. */
function archiveCalls(transport: Transport) {
  return {
    /** `POST /images/create` with a tar body (`fromSrc=-`), or from an address that the engine downloads. */
    async *importTar(
      source: Readable | string,
      options: {
        repo?: string;
        tag?: string;
        message?: string;
        changes?: readonly string[];
        platform?: string;
      },
    ): AsyncGenerator<ImageProgress> {
      const { repo, tag, message, platform } = options;
      const changes = (options.changes ?? []).map((change) => `&changes=${part(change)}`).join('');
      const query = Object.entries({ repo, tag, message, platform })
        .filter(([, value]) => value !== undefined)
        .map(([key, value]) => `&${key}=${part(value!)}`)
        .join('');
      const from = typeof source === 'string' ? part(source) : '-';
      const answer = await transport.send({
        method: 'POST',
        path: `/images/create?fromSrc=${from}${changes}${query}`,
        ...(typeof source === 'string' ? {} : { body: source, contentType: 'application/x-tar' }),
      });
      yield* jsonLines<ImageProgress>(answer);
    },
    async *load(
      tar: Readable,
      options: { quiet: boolean; platform?: string },
    ): AsyncGenerator<ImageProgress> {
      const answer = await transport.send({
        method: 'POST',
        path: '/images/load',
        query: { quiet: options.quiet ? 1 : 0, platform: platformQuery(options.platform) },
        body: tar,
        contentType: 'application/x-tar',
      });
      yield* jsonLines<ImageProgress>(answer);
    },
    /** The archive, unread. */
    save: (references: readonly string[], platform?: string): Promise<IncomingMessage> =>
      transport.send({
        path: `/images/get?${references.map((name) => `names=${part(name)}`).join('&')}${
          platform === undefined ? '' : `&platform=${part(platformQuery(platform)!)}`
        }`,
      }),
  };
}

/**
 * A platform in the form of Docker's newer parameters: JSON. An invalid one is sent unchanged, so that the engine
 * reports it.
 */
function platformQuery(platform: string | undefined): string | undefined {
  const [os = '', architecture, variant, ...more] = platform?.split('/') ?? [];
  if (platform === undefined || more.length > 0) return platform;
  return JSON.stringify(
    architecture === undefined ? { os: 'linux', architecture: os } : { os, architecture, variant },
  );
}
