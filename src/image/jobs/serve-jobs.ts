import type { MessagePort } from 'node:worker_threads';
import { Headroom } from './headroom.ts';
import { cancelled } from './inline-jobs.ts';
import { InputQueue } from './input-queue.ts';
import type { ArchiveResult, JobContext, JobResult, JobSpec } from './job-types.ts';
import { type FromWorker, plainError, type ToWorker } from './thread-messages.ts';

class Served {
  readonly queue = new InputQueue<Uint8Array<ArrayBuffer>>();
  readonly output = new Headroom();
  stopped = false;
  /** Rejects when the job is cancelled. */
  readonly over: Promise<never>;
  #stop: (error: unknown) => void = () => {};

  constructor() {
    this.over = new Promise((_, reject) => {
      this.#stop = reject;
    });
    this.over.catch(() => {});
  }

  cancel(): void {
    this.stopped = true;
    this.queue.fail(cancelled());
    this.#stop(cancelled());
  }
}

/** The other end of threadJobs: has `run` carry out the jobs that arrive on `port`. */
export function serveJobs(
  port: MessagePort,
  context: Pick<JobContext, 'system' | 'beforeWrite'>,
  run: (spec: JobSpec, context: JobContext) => Promise<JobResult | ArchiveResult>,
): void {
  const jobs = new Map<number, Served>();
  const say = (message: FromWorker, memory: ArrayBuffer[] = []) => port.postMessage(message, memory);

  function start({ id, spec }: Extract<ToWorker, { kind: 'start' }>): void {
    let lent: Uint8Array<ArrayBuffer> | undefined;
    const job = new Served();
    jobs.set(id, job);
    run(spec, {
      ...context,
      async next() {
        // A request for the next chunk means that this one is used.
        if (lent !== undefined)
          say({ kind: 'taken', id, bytes: lent.length, memory: lent.buffer }, [lent.buffer]);
        lent = undefined;
        lent = await job.queue.next();
        return lent;
      },
      taken(bytes, input) {
        if (!input) say({ kind: 'taken', id, bytes });
      },
      async send(bytes) {
        // After sending, the buffer has no length here any more.
        const { length } = bytes;
        say({ kind: 'output', id, bytes }, [bytes.buffer]);
        job.output.given(length);
        await job.output.wait(job.over);
      },
      warn: (message) => say({ kind: 'warning', id, message }),
      check: () => {
        if (job.stopped) throw cancelled();
      },
      sync: true,
    })
      .then(
        (result) => say({ kind: 'done', id, result }),
        (error: unknown) => say({ kind: 'failed', id, error: plainError(error) }),
      )
      .finally(() => jobs.delete(id));
  }

  port.on('message', (message: ToWorker) => {
    if (message.kind === 'start') return start(message);
    const job = jobs.get(message.id);
    if (message.kind === 'bytes') job?.queue.push(message.bytes);
    else if (message.kind === 'end') job?.queue.end();
    else if (message.kind === 'used') job?.output.used(message.bytes);
    else job?.cancel();
  });
}
