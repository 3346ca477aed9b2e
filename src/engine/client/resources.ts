import type { ExecCreateRequest, ExecInspect } from '../api/exec.ts';
import type {
  NetworkConnectRequest,
  NetworkCreateRequest,
  NetworkCreateResponse,
  NetworkInspect,
} from '../api/network.ts';
import type { VolumeCreateRequest, VolumeInspect, VolumeListResponse } from '../api/volume.ts';
import { tolerate } from './api-failure.ts';
import { encodeFilters, type Filters } from './containers.ts';
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
    /** Removes a network; one that is gone already is not an error. */
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
    /** Removes a volume; one that is gone already is not an error. */
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
