export type * from './archive/load-types.ts';
export { parseImageConfig } from './config-facts.ts';
export type * from './ingest-types.ts';
export { threadJobs } from './jobs/thread-jobs.ts';
export { createImageStore } from './store/image-store.ts';
export { detectStorage, storageWarning } from './store/overlay-support.ts';
export type * from './types.ts';
export { libcLayerSystem } from './unpack/layer-system.ts';
