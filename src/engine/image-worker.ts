import { parentPort } from 'node:worker_threads';
import { libcLayerSystem } from '../image/unpack/layer-system.ts';
import { serveJobs } from '../image/unpack/serve-jobs.ts';
import { refuseOnFullDisk } from './store/full-disk.ts';

/** A worker thread of the engine: hashes and unpacks layers (dist/image-worker.cjs). */
const port = parentPort;
if (port !== null)
  void libcLayerSystem().then((system) => serveJobs(port, { system, beforeWrite: refuseOnFullDisk }));
