import type { Readable } from 'node:stream';
import type { ExecCreateRequest, ExecInspect } from '../api/exec.ts';
import type { ImageDeleteResponse, ImageInspect, ImageSummary } from '../api/image.ts';
import type {
  NetworkConnectRequest,
  NetworkCreateRequest,
  NetworkCreateResponse,
  NetworkInspect,
} from '../api/network.ts';
import type { VolumeCreateRequest, VolumeInspect, VolumeListResponse } from '../api/volume.ts';
import { tolerate } from './api-failure.ts';
import { encodeFilters, type Filters } from './containers.ts';
import { jsonLines } from './json-lines.ts';
import type { Hijacked, Transport } from './transport.ts';

const part = encodeURIComponent;

/** `/exec` of the Engine API. */
export function execCalls(transport: Transport) {
  return {
    create: (container: string, body: ExecCreateRequest) =>
      transport.json<{ readonly Id: string }>({
        method: 'POST',
        path: `/containers/${part(container)}/exec`,
        json: body,
      }),
    start: (id: string, options: { tty: boolean }): Promise<Hijacked> =>
      transport.hijack({
        method: 'POST',
        path: `/exec/${id}/start`,
        json: { Detach: false, Tty: options.tty },
      }),
    startDetached: (id: string, options: { tty: boolean }) =>
      transport.json<void>({
        method: 'POST',
        path: `/exec/${id}/start`,
        json: { Detach: true, Tty: options.tty },
      }),
    inspect: (id: string) => transport.json<ExecInspect>({ path: `/exec/${id}/json` }),
    resize: (id: string, rows: number, columns: number) =>
      transport.json<void>({
        method: 'POST',
        path: `/exec/${id}/resize`,
        query: { h: rows, w: columns },
        idempotent: true,
      }),
  };
}

/** `/networks` of the Engine API. */
export function networkCalls(transport: Transport) {
  return {
    list: (filters?: Filters) =>
      transport.json<NetworkInspect[]>({ path: '/networks', query: { filters: encodeFilters(filters) } }),
    inspect: (id: string) => transport.json<NetworkInspect>({ path: `/networks/${part(id)}` }),
    create: (body: NetworkCreateRequest) =>
      transport.json<NetworkCreateResponse>({ method: 'POST', path: '/networks/create', json: body }),
    connect: (id: string, body: NetworkConnectRequest) =>
      transport.json<void>({ method: 'POST', path: `/networks/${part(id)}/connect`, json: body }),
    disconnect: (id: string, container: string, force = false) =>
      transport.json<void>({
        method: 'POST',
        path: `/networks/${part(id)}/disconnect`,
        json: { Container: container, Force: force },
      }),
    /** Removes; one that is already gone is no error. */
    remove: (id: string) =>
      tolerate(
        transport.json<void>({ method: 'DELETE', path: `/networks/${part(id)}`, idempotent: true }),
        404,
      ),
  };
}

/** `/volumes` of the Engine API. */
export function volumeCalls(transport: Transport) {
  return {
    list: async (filters?: Filters) =>
      (
        await transport.json<VolumeListResponse>({
          path: '/volumes',
          query: { filters: encodeFilters(filters) },
        })
      ).Volumes ?? [],
    inspect: (name: string) => transport.json<VolumeInspect>({ path: `/volumes/${part(name)}` }),
    create: (body: VolumeCreateRequest) =>
      transport.json<VolumeInspect>({
        method: 'POST',
        path: '/volumes/create',
        json: body,
        idempotent: true,
      }),
    /** Removes; one that is already gone is no error. */
    remove: (name: string, force = false) =>
      tolerate(
        transport.json<void>({
          method: 'DELETE',
          path: `/volumes/${part(name)}`,
          query: { force },
          idempotent: true,
        }),
        404,
      ),
  };
}

/** A line of an image operation's progress. */
interface ImageProgress {
  readonly status?: string;
  readonly id?: string;
  readonly error?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
}

/** `/images` of the Engine API. */
export function imageCalls(transport: Transport) {
  return {
    list: (filters?: Filters) =>
      transport.json<ImageSummary[]>({ path: '/images/json', query: { filters: encodeFilters(filters) } }),
    inspect: (reference: string) => transport.json<ImageInspect>({ path: `/images/${reference}/json` }),
    remove: (reference: string, options: { force?: boolean; noprune?: boolean } = {}) =>
      transport.json<ImageDeleteResponse>({ method: 'DELETE', path: `/images/${reference}`, query: options }),
    tag: (reference: string, repo: string, tag: string) =>
      transport.json<void>({ method: 'POST', path: `/images/${reference}/tag`, query: { repo, tag } }),
    /** `POST /images/create` with a tar body (`fromSrc=-`). */
    async *importTar(
      tar: Readable,
      options: { repo?: string; tag?: string; message?: string; changes?: readonly string[] },
    ): AsyncGenerator<ImageProgress> {
      const changes = (options.changes ?? []).map((change) => `&changes=${part(change)}`).join('');
      const answer = await transport.send({
        method: 'POST',
        path: `/images/create?fromSrc=-${changes}${options.repo === undefined ? '' : `&repo=${part(options.repo)}`}${
          options.tag === undefined ? '' : `&tag=${part(options.tag)}`
        }${options.message === undefined ? '' : `&message=${part(options.message)}`}`,
        body: tar,
        contentType: 'application/x-tar',
      });
      yield* jsonLines<ImageProgress>(answer);
    },
    async *pull(reference: string, tag: string, platform?: string): AsyncGenerator<ImageProgress> {
      const answer = await transport.send({
        method: 'POST',
        path: '/images/create',
        query: { fromImage: reference, tag, platform },
      });
      yield* jsonLines<ImageProgress>(answer);
    },
  };
}
