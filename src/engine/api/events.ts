import type { StringMap } from './common.ts';

/** A line of GET /events. */
export interface EventMessage {
  readonly Type: 'container' | 'image' | 'network' | 'volume' | 'daemon';
  /** `create`, `start`, `die`, `exec_create: sh -c x`, `health_status: healthy`, … */
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: StringMap };
  readonly scope: 'local';
  /** Unix seconds and nanoseconds. */
  readonly time: number;
  readonly timeNano: number;
  /** Old names of the container events (API ≤ 1.22), still sent. */
  readonly status?: string;
  readonly id?: string;
  readonly from?: string;
}
