import { TcomposeError } from '../../errors.ts';
import { InputQueue } from './input-queue.ts';
import type { JobRunner } from './job-types.ts';
import { runJob } from './run-job.ts';
import type { JobContext } from './take-blob.ts';

/** Bytes that wait for a job at most before its writer has to. */
export const window = 1024 * 1024;

export const cancelled = (): TcomposeError =>
  new TcomposeError('IMAGE_STORE', 'the blob is not wanted any more');

/** Runs jobs in this thread: for tests, and where there is no other. */
export function inlineJobs(
  system: JobContext['system'],
  beforeWrite: (path: string) => void = () => {},
): JobRunner {
  return {
    start(spec, listener) {
      const queue = new InputQueue();
      let waiting = 0;
      let progress = 0;
      let stopped = false;
      let room: (() => void) | undefined;
      const done = runJob(spec, {
        system,
        next: () => queue.next(),
        taken: (bytes, input) => {
          if (input) waiting -= bytes;
          progress += bytes;
          listener.progress?.(progress);
          room?.();
        },
        warn: listener.warn,
        beforeWrite,
        check: () => {
          if (stopped) throw cancelled();
        },
        sync: false,
      });
      const settled = done.then(
        () => {},
        () => {},
      );
      return {
        async write(chunk) {
          queue.push(Uint8Array.from(chunk));
          waiting += chunk.length;
          while (waiting > window)
            await Promise.race([
              done,
              new Promise<void>((resolve) => {
                room = resolve;
              }),
            ]);
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
