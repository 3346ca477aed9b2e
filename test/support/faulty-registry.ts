import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** A registry that misbehaves as it is told to; the program is upstream of this project and stands beside it. */
const program = join(import.meta.dirname, '../../../shared/conformance/images/faulty-registry.mjs');

/** Why tests against it cannot run, or undefined. */
export const whyNoFaultyRegistry: string | undefined = existsSync(program)
  ? undefined
  : `there is no ${program}`;

export interface BlobCount {
  readonly get: number;
  readonly head: number;
  readonly complete: number;
  readonly bytes: number;
  readonly ranges: readonly string[];
  readonly redirected: number;
}

interface Statistics {
  readonly blobs: Readonly<Record<string, BlobCount>>;
  readonly manifests: Readonly<Record<string, { readonly get: number; readonly head: number }>>;
  readonly tokens: readonly {
    readonly method: string;
    readonly scopes: readonly string[];
    readonly basic: boolean;
  }[];
  readonly leaks: readonly unknown[];
  readonly uploads: Readonly<Record<'post' | 'patch' | 'put' | 'mounted' | 'bytes', number>>;
  readonly maxConcurrentBlobs: number;
  readonly log: readonly { readonly method: string; readonly url: string; readonly status?: number }[];
}

export interface FaultyRegistry {
  /** `127.0.0.1:<port>` */
  readonly host: string;
  /** Another port of the same address. */
  readonly other: string;
  readonly image: {
    readonly repo: string;
    readonly config: string;
    readonly layers: readonly string[];
    readonly sizes: readonly number[];
    readonly diffIds: readonly string[];
  };
  setFaults(faults: object): void;
  reset(): void;
  stats(): Statistics;
  close(): void;
}

/** An image of an OCI layout, to be had beside the built-in ones. */
export interface ServedLayout {
  readonly path: string;
  readonly repo: string;
  readonly tag: string;
}

/** Serves on the loopback of the calling process's network. */
export async function startFaultyRegistry(
  faults: object = {},
  layouts: readonly ServedLayout[] = [],
): Promise<FaultyRegistry> {
  const { startRegistry } = (await import(program)) as {
    startRegistry(options: object): Promise<FaultyRegistry>;
  };
  return await startRegistry({ faults, layouts });
}

/**
 * Forgets what it was asked for, with what was sent to it before: a transfer that was given up may leave a request on its way, which would
 * count for the next.
 */
export async function resetSettled(registry: FaultyRegistry): Promise<void> {
  // One loop serves all connections: what is there already is seen before this, which comes by a connection of its own, is answered.
  await fetch(`http://${registry.host}/_ctl/image`, { headers: { connection: 'close' } });
  registry.reset();
}
