import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { TcomposeError } from '../../errors.ts';
import { window } from './inline-jobs.ts';
import type { JobListener, JobResult, JobRunner, JobSpec, RunningJob } from './job-types.ts';
import { type FromWorker, revivedError, type ToWorker } from './thread-messages.ts';

/** Threads at most; more of them would only wait for the same disk. */
const mostThreads = 4;
/** Milliseconds after which a thread without work ends: each takes some megabytes. */
const idleTime = 10_000;
/** MiB of objects that are new: what is read goes through in buffers, and is forgotten at once. */
const youngHeap = 6;
/** MiB of JavaScript objects in one thread. */
const largestHeap = 192;

/** Bytes that are sent to a thread at a time, and how many pieces of such memory are kept. */
const pieceSize = 64 * 1024;
const mostSpare = 64;

interface Thread {
  readonly worker: Worker;
  readonly jobs: Map<number, Job>;
  idle: NodeJS.Timeout | undefined;
}

interface Job {
  readonly listener: JobListener;
  readonly settle: (result: JobResult | undefined, error: unknown) => void;
  waiting: number;
  progress: number;
  room: (() => void) | undefined;
}

/** Runs jobs in a few worker threads, which begin with `script` when they are needed. */
export function threadJobs(script: string): JobRunner {
  const threads = new Set<Thread>();
  const most = Math.max(2, Math.min(mostThreads, availableParallelism()));
  let lastId = 0;
  // Memory that is sent to and fro: what is thrown away instead, a thread with few objects collects late.
  const spare: ArrayBuffer[] = [];

  function spawn(): Thread {
    const worker = new Worker(script, {
      resourceLimits: { maxOldGenerationSizeMb: largestHeap, maxYoungGenerationSizeMb: youngHeap },
      // Descriptors are opened by libc as well, of which Node knows nothing.
      trackUnmanagedFds: false,
    });
    const thread: Thread = { worker, jobs: new Map(), idle: undefined };
    worker.on('message', (message: FromWorker) => hear(thread, message));
    worker.on('error', (error) => gone(thread, error));
    worker.on('exit', () => gone(thread, undefined));
    threads.add(thread);
    return thread;
  }

  function gone(thread: Thread, error: unknown): void {
    threads.delete(thread);
    clearTimeout(thread.idle);
    for (const job of thread.jobs.values())
      job.settle(
        undefined,
        new TcomposeError(
          'IMAGE_STORE',
          `a thread that unpacks images ended${error instanceof Error ? `: ${error.message}` : ''}`,
          { hint: 'A layer with millions of files may need more memory than a thread has.', cause: error },
        ),
      );
    thread.jobs.clear();
  }

  function hear(thread: Thread, message: FromWorker): void {
    if (message.kind === 'taken' && message.memory !== undefined && spare.length < mostSpare)
      spare.push(message.memory);
    const job = thread.jobs.get(message.id);
    if (job === undefined) return;
    if (message.kind === 'warning') job.listener.warn(message.message);
    else if (message.kind === 'taken') {
      if (message.memory !== undefined) job.waiting -= message.bytes;
      job.progress += message.bytes;
      job.listener.progress?.(job.progress);
      job.room?.();
    } else {
      thread.jobs.delete(message.id);
      if (thread.jobs.size === 0) rest(thread);
      if (message.kind === 'done') job.settle(message.result, undefined);
      else job.settle(undefined, revivedError(message.error));
    }
  }

  function rest(thread: Thread): void {
    thread.worker.unref();
    thread.idle = setTimeout(() => {
      threads.delete(thread);
      void thread.worker.terminate();
    }, idleTime);
    thread.idle.unref();
  }

  /** The thread with the fewest jobs; a new one as long as there may be more. */
  function choose(): Thread {
    let best: Thread | undefined;
    for (const thread of threads) if (best === undefined || thread.jobs.size < best.jobs.size) best = thread;
    return best === undefined || (best.jobs.size > 0 && threads.size < most) ? spawn() : best;
  }

  function start(spec: JobSpec, listener: JobListener): RunningJob {
    const thread = choose();
    const id = ++lastId;
    clearTimeout(thread.idle);
    thread.worker.ref();
    let settle: Job['settle'] = () => {};
    const done = new Promise<JobResult>((resolve, reject) => {
      settle = (result, error) => {
        if (result === undefined) reject(error);
        else resolve(result);
      };
    });
    const settled = done.then(
      () => {},
      () => {},
    );
    const job: Job = { listener, settle, waiting: 0, progress: 0, room: undefined };
    thread.jobs.set(id, job);
    const say = (message: ToWorker, memory: ArrayBuffer[] = []) => thread.worker.postMessage(message, memory);
    say({ kind: 'start', id, spec });
    return {
      async write(chunk) {
        for (let at = 0; at < chunk.length; at += pieceSize) {
          const part = chunk.subarray(at, at + pieceSize);
          const bytes = new Uint8Array(spare.pop() ?? new ArrayBuffer(pieceSize), 0, part.length);
          bytes.set(part);
          say({ kind: 'bytes', id, bytes }, [bytes.buffer]);
        }
        job.waiting += chunk.length;
        while (job.waiting > window)
          await Promise.race([
            done,
            new Promise<void>((resolve) => {
              job.room = resolve;
            }),
          ]);
      },
      end() {
        say({ kind: 'end', id });
        return done;
      },
      async cancel() {
        say({ kind: 'cancel', id });
        await settled;
      },
    };
  }

  return {
    start,
    async close() {
      await Promise.all([...threads].map(({ worker }) => worker.terminate()));
    },
  };
}
