import { packLayer } from '../pack/pack-layer.ts';
import { takeBlob } from '../unpack/take-blob.ts';
import type { BlobSpec, JobContext, JobResult } from './job-types.ts';

/** Carries out a job on a blob, in the current thread. */
export function runBlobJob(spec: BlobSpec, context: JobContext): Promise<JobResult> {
  return spec.kind === 'take' ? takeBlob(spec, context) : packLayer(spec, context);
}
