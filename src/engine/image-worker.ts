import { parentPort } from 'node:worker_threads';
import { runBlobJob } from '../image/jobs/run-blob-job.ts';
import { serveJobs } from '../image/jobs/serve-jobs.ts';
import { libcLayerSystem } from '../image/unpack/layer-system.ts';
import { runArchiveJob } from './archive/run-archive-job.ts';
import { refuseOnFullDisk } from './store/full-disk.ts';

/** A worker thread of the engine: hashes and unpacks layers, packs and unpacks copies (dist/image-worker.cjs). */
const port = parentPort;
if (port !== null)
  void libcLayerSystem().then((system) =>
    serveJobs(port, { system, beforeWrite: refuseOnFullDisk }, (spec, context) =>
      spec.kind === 'put' || spec.kind === 'get' ? runArchiveJob(spec, context) : runBlobJob(spec, context),
    ),
  );
