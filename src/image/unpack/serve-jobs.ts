import type { MessagePort } from 'node:worker_threads';
import { cancelled } from './inline-jobs.ts';
import { InputQueue } from './input-queue.ts';
import { runJob } from './run-job.ts';
import type { JobContext } from './take-blob.ts';
import { type FromWorker, plainError, type ToWorker } from './thread-messages.ts';

/** The other end of threadJobs: carries out what comes by `port`. */
export function serveJobs(port: MessagePort, context: Pick<JobContext, 'system' | 'beforeWrite'>): void {
  const jobs = new Map<number, { readonly queue: InputQueue<Uint8Array<ArrayBuffer>>; stopped: boolean }>();
  const say = (message: FromWorker, memory: ArrayBuffer[] = []) => port.postMessage(message, memory);

  function start({ id, spec }: Extract<ToWorker, { kind: 'start' }>): void {
    const queue = new InputQueue<Uint8Array<ArrayBuffer>>();
    let lent: Uint8Array<ArrayBuffer> | undefined;
    const job = { queue, stopped: false };
    jobs.set(id, job);
    runJob(spec, {
      ...context,
      async next() {
        // Whoever asks for the next is done with this one.
        if (lent !== undefined)
          say({ kind: 'taken', id, bytes: lent.length, memory: lent.buffer }, [lent.buffer]);
        lent = undefined;
        lent = await queue.next();
        return lent;
      },
      taken(bytes, input) {
        if (!input) say({ kind: 'taken', id, bytes });
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
    else if (job !== undefined) {
      job.stopped = true;
      job.queue.fail(cancelled());
    }
  });
}
