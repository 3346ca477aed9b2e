import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { imageArchitecture } from '../../host/host-config.ts';
import { inlineJobs } from '../../jobs/inline-jobs.ts';
import type { BlobSpec, JobRunner } from '../../jobs/job-types.ts';
import { runBlobJob } from '../../jobs/run-blob-job.ts';
import type { RootfsStorage } from '../../types.ts';
import type { LayerSystem } from '../../unpack/layer-system.ts';
import { BlobStore } from '../blob-store.ts';
import { ImageMetadata } from '../image-metadata.ts';
import { LayerStore } from '../layer-store.ts';
import { currentUserNamespace } from '../overlay-support.ts';
import type { Shelf } from '../shelf.ts';

export interface ImageStoreOptions {
  /** Directory of the persistent state; the store only uses images, layers, l, blobs, partial, host and tmp below it. */
  readonly root: string;
  /** tcompose's version: part of tcompose/host's id. */
  readonly release: string;
  readonly system: LayerSystem;
  /** Where layers are hashed and unpacked; by default in this thread. */
  readonly jobs?: JobRunner<BlobSpec>;
  readonly warn: (message: string) => void;
  /** Called with each record that can't be read, and the reason as a clause; the record has been moved aside. */
  readonly damaged: (file: string, why: string) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Called before each write of a blob or record; throws where a test has filled the disk. */
  readonly beforeWrite?: (path: string) => void;
  /** Bytes that the files of one layer may have together, holes included; read for each layer. Undefined: 256 GiB. */
  readonly largestLayer?: () => number | undefined;
  /** The Node shown in tcompose/host; default: the running one. */
  readonly execPath?: string;
  /** Default: determined from `root`. */
  readonly storage?: RootfsStorage;
}

const defaultLargestLayer = 256 * 2 ** 30;
/** Milliseconds after which the times of names are written to the disk. */
const keepAfterMs = 500;

/** Opens the store below `options.root`, after removing what was being staged there. */
export function openShelf(options: ImageStoreOptions, storage: RootfsStorage): Shelf {
  const { root, warn, now, beforeWrite = () => {} } = options;
  const temporary = join(root, 'tmp');
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary, { recursive: true, mode: 0o700 });
  let queue: Promise<unknown> = Promise.resolve();
  const metadata = new ImageMetadata(root, options.damaged);
  let keeping = false;
  const contents = new Map(
    metadata
      .images()
      .flatMap(({ layers, record }) =>
        layers.map(({ digest }, index) => [digest, record.diffIds[index]!] as const),
      ),
  );
  const exclusively: Shelf['exclusively'] = (work) => {
    const result = queue.then(work);
    queue = result.catch(() => undefined);
    return result;
  };
  return {
    root,
    temporary,
    blobs: new BlobStore(root),
    layers: new LayerStore(root),
    metadata,
    jobs: options.jobs ?? inlineJobs(runBlobJob, options.system, beforeWrite),
    system: options.system,
    unpack: {
      userxattr: storage.kind === 'overlay' && storage.userxattr,
      ownership: process.getuid?.() === 0 && currentUserNamespace().ids > 1,
      get largest() {
        return options.largestLayer?.() ?? defaultLargestLayer;
      },
    },
    architecture: imageArchitecture(process.arch),
    warn,
    now,
    beforeWrite,
    exclusively,
    keepSoon() {
      if (keeping) return;
      keeping = true;
      setTimeout(() => {
        keeping = false;
        exclusively(() => metadata.keepTimes()).catch((error: Error) =>
          warn(`when images were last pulled could not be written: ${error.message}`),
        );
      }, keepAfterMs).unref();
    },
    leases: new Set(),
    staged: new Map(),
    busy: new Map(),
    contents,
  };
}
