import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type {
  ContainerCreateRequest,
  ContainerCreateResponse,
  ContainerInspect,
  ContainerSummary,
  ContainerTopResponse,
  ContainerWaitResponse,
} from '../api/container.ts';
import type { HeldStart } from '../api/holds.ts';
import type { SyncResponse, UnsyncRequest, UnsyncResponse } from '../api/sync.ts';
import type { TakePlaceRequest } from '../api/take-place.ts';
import { tolerate } from './api-failure.ts';
import { type OutputChunk, outputOf } from './frames.ts';
import { jsonLines } from './json-lines.ts';
import type { Hijacked, Transport } from './transport.ts';

export type Filters = Readonly<Record<string, readonly string[]>>;

interface LogOptions {
  readonly follow?: boolean;
  /** Number of lines from the end; undefined means all. */
  readonly tail?: number;
  /** Unix seconds with an optional fraction, or RFC 3339. */
  readonly since?: string;
  readonly until?: string;
  readonly timestamps?: boolean;
  /** Include the engine's notices where output is missing (default true). */
  readonly notices?: boolean;
  /** The container has a terminal, so its stream is not multiplexed. */
  readonly tty?: boolean;
  /** The request continues a log that broke off: it does not start an engine that has ended. */
  readonly resumes?: boolean;
  readonly signal?: AbortSignal;
}

interface CommitOptions {
  readonly repo?: string | undefined;
  readonly tag?: string | undefined;
  readonly author: string | undefined;
  readonly comment: string | undefined;
  readonly pause: boolean;
  readonly changes: readonly string[];
}

const path = (id: string, rest = '') => `/containers/${encodeURIComponent(id)}${rest}`;

/** Filters in the form of an API query; undefined for none. */
export const encodeFilters = (filters: Filters | undefined) =>
  filters === undefined || Object.keys(filters).length === 0 ? undefined : JSON.stringify(filters);

/** `/containers` of the Engine API. Ids may be names. Requests that can safely be repeated are marked idempotent. */
export function containerCalls(transport: Transport) {
  const post = (
    id: string,
    action: string,
    query: Record<string, string | number | boolean | undefined> = {},
  ) => transport.json<void>({ method: 'POST', path: path(id, `/${action}`), query });
  return {
    list: (options: { all?: boolean; filters?: Filters; size?: boolean } = {}) =>
      transport.json<ContainerSummary[]>({
        path: '/containers/json',
        query: { all: options.all, size: options.size, filters: encodeFilters(options.filters) },
      }),
    inspect: (id: string) => transport.json<ContainerInspect>({ path: path(id, '/json') }),
    create: (name: string, body: ContainerCreateRequest, platform?: string) =>
      transport.json<ContainerCreateResponse>({
        method: 'POST',
        path: '/containers/create',
        query: { name, platform },
        json: body,
      }),
    /** Makes an image of a container; returns its id. */
    commit: async (id: string, options: CommitOptions) => {
      const { repo, tag, author, comment, pause, changes } = options;
      const lines = changes.map((line) => `&changes=${encodeURIComponent(line)}`).join('');
      const { Id } = await transport.json<{ readonly Id: string }>({
        method: 'POST',
        path: `/commit?container=${encodeURIComponent(id)}${lines}&pause=${pause ? 1 : 0}${Object.entries({
          repo,
          tag,
          author,
          comment,
        })
          .filter(([, value]) => value !== undefined)
          .map(([key, value]) => `&${key}=${encodeURIComponent(value!)}`)
          .join('')}`,
        json: {},
      });
      return Id;
    },
    /** The file system as a tar archive, unread. */
    export: (id: string): Promise<IncomingMessage> => transport.send({ path: path(id, '/export') }),
    /** Starts a container; one that already runs is not an error. `beside`, only with our engine: see takePlace. */
    start: (id: string, options: { beside?: boolean } = {}) =>
      transport.json<void>({
        method: 'POST',
        path: path(id, '/start'),
        query: { 'tcompose-beside': options.beside === true ? 1 : undefined },
        idempotent: true,
      }),
    /** Only with our engine: a container that was started beside another takes over its names and ports. */
    takePlace: (id: string, request: TakePlaceRequest) =>
      transport.json<void>({ method: 'POST', path: `/tcompose${path(id, '/take-place')}`, json: request }),
    /** Stops within `timeout` seconds (default: the container's own), then kills. */
    stop: (id: string, timeout?: number) =>
      transport.json<void>({
        method: 'POST',
        path: path(id, '/stop'),
        query: { t: timeout },
        idempotent: true,
      }),
    restart: (id: string, timeout?: number) => post(id, 'restart', { t: timeout }),
    kill: (id: string, signal?: string) => post(id, 'kill', { signal }),
    pause: (id: string) => post(id, 'pause'),
    unpause: (id: string) => post(id, 'unpause'),
    rename: (id: string, name: string) => post(id, 'rename', { name }),
    /** Removes a container; one that is gone already, or being removed, is not an error. */
    remove: (id: string, options: { force?: boolean; volumes?: boolean } = {}) =>
      tolerate(
        transport.json<void>({
          method: 'DELETE',
          path: path(id),
          query: { force: options.force, v: options.volumes },
          idempotent: true,
        }),
        404,
      ),
    wait: (
      id: string,
      condition: 'not-running' | 'next-exit' | 'removed' = 'not-running',
      signal?: AbortSignal,
    ) =>
      transport.json<ContainerWaitResponse>({
        method: 'POST',
        path: path(id, '/wait'),
        query: { condition },
        idempotent: condition !== 'next-exit',
        ...(signal === undefined ? {} : { signal }),
      }),
    top: (id: string, psArgs?: string) =>
      transport.json<ContainerTopResponse>({ path: path(id, '/top'), query: { ps_args: psArgs } }),
    stats: (
      id: string,
      options: { stream: boolean; resumes?: boolean; signal?: AbortSignal },
    ): Promise<IncomingMessage> =>
      transport.send({
        path: path(id, '/stats'),
        resumes: options.resumes === true,
        query: { stream: options.stream, 'one-shot': false },
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      }),
    /** Recorded output and, with `follow`, further output as it arrives. */
    async *logs(id: string, options: LogOptions = {}): AsyncGenerator<OutputChunk> {
      const answer = await transport.send({
        path: path(id, '/logs'),
        query: {
          stdout: true,
          stderr: true,
          follow: options.follow,
          tail: options.tail ?? 'all',
          since: options.since,
          until: options.until,
          timestamps: options.timestamps,
          // For our own engine: report when earlier output is no longer available.
          notices: options.notices !== false,
        },
        resumes: options.resumes === true,
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      });
      yield* outputOf(answer, options.tty !== true);
    },
    attach: (
      id: string,
      options: { stdin: boolean; stdout: boolean; stderr: boolean; logs?: boolean; detachKeys?: string },
    ): Promise<Hijacked> =>
      transport.hijack({
        method: 'POST',
        path: path(id, '/attach'),
        query: {
          stream: true,
          stdin: options.stdin,
          stdout: options.stdout,
          stderr: options.stderr,
          logs: options.logs,
          detachKeys: options.detachKeys,
        },
      }),
    resize: (id: string, rows: number, columns: number) =>
      transport.json<void>({
        method: 'POST',
        path: path(id, '/resize'),
        query: { h: rows, w: columns },
        idempotent: true,
      }),
    /**
     * `completes`: the files are part of a container that has not been started yet; our engine then puts them even into
     * a read-only root.
     */
    putArchive: (
      id: string,
      into: string,
      tar: Readable | Buffer,
      /** `keepKinds`: fails instead of replacing a directory with a non-directory, or the other way round. */
      options: { copyUidGid?: boolean; completes?: boolean; keepKinds?: boolean } = {},
    ) =>
      transport.json<void>({
        method: 'PUT',
        path: path(id, '/archive'),
        query: {
          path: into,
          copyUIDGID: options.copyUidGid,
          noOverwriteDirNonDir: options.keepKinds,
          'tcompose-complete': options.completes,
        },
        body: tar,
        contentType: 'application/x-tar',
      }),
    /** Only with our engine: puts a tar's entries into the container, relative to its root. */
    sync: (id: string, tar: Buffer | Readable, options: { keepsDirectories?: boolean } = {}) =>
      transport.json<SyncResponse>({
        method: 'POST',
        path: `/tcompose${path(id, '/sync')}`,
        query: { keepsDirectories: options.keepsDirectories },
        body: tar,
        contentType: 'application/x-tar',
        idempotent: true,
      }),
    /** Only with our engine: removes paths. */
    unsync: (id: string, request: UnsyncRequest) =>
      transport.json<UnsyncResponse>({
        method: 'POST',
        path: `/tcompose${path(id, '/unsync')}`,
        json: request,
        idempotent: true,
      }),
    /**
     * Only with our engine: the containers with these labels that are about to start, each of which waits for
     * `release`. Ends with the connection. `onOpen` is called when every later start will be held.
     */
    async *holdStarts(options: {
      readonly labels: readonly string[];
      readonly signal: AbortSignal;
      readonly onOpen: () => void;
    }): AsyncGenerator<string> {
      const { labels, signal, onOpen } = options;
      const request = { method: 'POST', path: '/tcompose/holds', json: { labels }, resumes: true } as const;
      const answer = await transport.send({ ...request, signal });
      for await (const { id } of jsonLines<HeldStart>(answer)) {
        if (id === undefined) onOpen();
        else yield id;
      }
    },
    release: (id: string) =>
      transport.json<void>({ method: 'POST', path: `/tcompose${path(id, '/release')}`, idempotent: true }),
    getArchive: (id: string, from: string): Promise<IncomingMessage> =>
      transport.send({ path: path(id, '/archive'), query: { path: from } }),
    /** What is at a path: the decoded `X-Docker-Container-Path-Stat` header. */
    async statArchive(id: string, at: string) {
      const answer = await transport.send({
        method: 'HEAD',
        path: path(id, '/archive'),
        query: { path: at },
      });
      answer.resume();
      const header = String(answer.headers['x-docker-container-path-stat'] ?? '');
      return JSON.parse(Buffer.from(header, 'base64').toString('utf8')) as PathStat;
    },
    exportRoot: (id: string): Promise<IncomingMessage> => transport.send({ path: path(id, '/export') }),
  };
}

interface PathStat {
  readonly name: string;
  readonly size: number;
  /** Go's os.FileMode: bit 31 is directory, bit 27 symbolic link. */
  readonly mode: number;
  readonly mtime: string;
  readonly linkTarget: string;
}
