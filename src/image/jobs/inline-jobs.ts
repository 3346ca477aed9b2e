import { TcomposeError } from '../../errors.ts';
import { Headroom } from './headroom.ts';
import { InputQueue } from './input-queue.ts';
import type { JobContext, JobListener, JobRunner, JobSpec, ResultOf } from './job-types.ts';

export const cancelled = (): TcomposeError =>
  new TcomposeError('IMAGE_STORE', 'the work is not wanted any more');

/** Has `run` carry out jobs in this thread: for tests, and where there are no other threads. */
export function inlineJobs<Specs extends JobSpec>(
  run: (spec: Specs, context: JobContext) => Promise<ResultOf<Specs>>,
  system: JobContext['system'],
  beforeWrite: (path: string) => void = () => {},
): JobRunner<Specs> {
  return {
    start<Spec extends Specs>(spec: Spec, listener: JobListener) {
      const queue = new InputQueue();
      const headroom = new Headroom();
      let progress = 0;
      let stopped = false;
      const running = run(spec, {
        system,
        next: () => queue.next(),
        taken: (bytes, input) => {
          if (input) headroom.used(bytes);
          progress += bytes;
          listener.progress?.(progress);
        },
        send: async (bytes) => listener.output?.(bytes),
        warn: listener.warn,
        beforeWrite,
        check: () => {
          if (stopped) throw cancelled();
        },
        sync: false,
      });
      // The answer is of the kind that was asked for.
      const done = running as Promise<ResultOf<Spec>>;
      const settled = done.then(
        () => {},
        () => {},
      );
      return {
        done,
        async write(chunk) {
          queue.push(Uint8Array.from(chunk));
          headroom.given(chunk.length);
          await headroom.wait(done);
        },
        end() {
          queue.end();
          return done;
        },
        async cancel() {
          stopped = true;
          queue.fail(cancelled());
          await settled;
        },
      };
    },
    async close() {},
  };
}
