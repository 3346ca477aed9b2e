import { packLayer } from '../pack/pack-layer.ts';
import type { JobResult, JobSpec } from './job-types.ts';
import { type JobContext, takeBlob } from './take-blob.ts';

/** Carries a job out, in whatever thread this is. */
export function runJob(spec: JobSpec, context: JobContext): Promise<JobResult> {
  return spec.kind === 'take' ? takeBlob(spec, context) : packLayer(spec, context);
}
