import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { TcomposeError } from '../../errors.ts';
import { Headroom } from './headroom.ts';
import type {
  ArchiveResult,
  JobListener,
  JobResult,
  JobRunner,
  JobSpec,
  ResultOf,
  RunningJob,
} from './job-types.ts';
import { leastBusy } from './least-busy.ts';
import { type FromWorker, revivedError, type ToWorker } from './thread-messages.ts';

/** Most threads; more of them would only wait for the same disk. */
const mostThreads = 4;
/** Milliseconds after which an idle thread ends: each takes some megabytes. */
const idleTime = 10_000;
/** MiB for new objects: data passes through in buffers that are soon garbage. */
const youngHeap = 6;
/** MiB of JavaScript objects in one thread. */
const largestHeap = 192;

/** Bytes sent to a thread at a time, and how many buffers of that size are kept. */
const pieceSize = 64 * 1024;
const mostSpare = 64;

interface Thread {
  readonly worker: Worker;
  readonly jobs: Map<number, Job>;
  idle: NodeJS.Timeout | undefined;
}

interface Job {
  readonly listener: JobListener;
  readonly settle: (result: JobResult | ArchiveResult | undefined, error: unknown) => void;
  /** Resolves when all of the output so far has been used. */
  used: Promise<void>;
  readonly input: Headroom;
  readonly size: number | undefined;
  progress: number;
}

/** Runs jobs in a few worker threads, which run `script` and are started when needed. */
export function threadJobs(script: string): JobRunner {
  const threads = new Set<Thread>();
  const most = Math.max(2, Math.min(mostThreads, availableParallelism()));
  let lastId = 0;
  // Buffers that are sent back and forth. They are reused, because a thread with few objects collects garbage late.
  const spare: ArrayBuffer[] = [];

  function spawn(): Thread {
    const worker = new Worker(script, {
      resourceLimits: { maxOldGenerationSizeMb: largestHeap, maxYoungGenerationSizeMb: youngHeap },
      // libc opens descriptors too, which Node doesn't know about.
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
          `a thread that packs and unpacks ended${error instanceof Error ? `: ${error.message}` : ''}`,
          { hint: 'An archive with millions of files may need more memory than a thread has.', cause: error },
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
    else if (message.kind === 'output') use(thread, job, message);
    else if (message.kind === 'taken') {
      if (message.memory !== undefined) job.input.used(message.bytes);
      job.progress += message.bytes;
      job.listener.progress?.(job.progress);
    } else {
      thread.jobs.delete(message.id);
      if (thread.jobs.size === 0) rest(thread);
      if (message.kind === 'done')
        job.used.then(
          () => job.settle(message.result, undefined),
          (error: unknown) => job.settle(undefined, error),
        );
      else job.settle(undefined, revivedError(message.error));
    }
  }

  /** Output is used piece by piece, in order; a job whose output can't be used ends. */
  function use(thread: Thread, job: Job, { id, bytes }: Extract<FromWorker, { kind: 'output' }>): void {
    job.used = job.used.then(() => job.listener.output?.(bytes));
    job.used.then(
      () => say(thread, { kind: 'used', id, bytes: bytes.length }),
      () => say(thread, { kind: 'cancel', id }),
    );
  }

  function rest(thread: Thread): void {
    thread.worker.unref();
    thread.idle = setTimeout(() => {
      threads.delete(thread);
      if (threads.size === 0) spare.length = 0;
      void thread.worker.terminate();
    }, idleTime);
    thread.idle.unref();
  }

  /** The thread with the least to do; a new one while more are allowed. */
  function choose(): Thread {
    const best = leastBusy(threads);
    return best === undefined || (best.jobs.size > 0 && threads.size < most) ? spawn() : best;
  }

  function start<Spec extends JobSpec>(spec: Spec, listener: JobListener): RunningJob<ResultOf<Spec>> {
    const thread = choose();
    const id = ++lastId;
    clearTimeout(thread.idle);
    thread.worker.ref();
    let settle: Job['settle'] = () => {};
    const done = new Promise<ResultOf<Spec>>((resolve, reject) => {
      settle = (result, error) => {
        if (result === undefined) reject(error);
        // A thread's answer is of the kind that it was asked for.
        else resolve(result as ResultOf<Spec>);
      };
    });
    const settled = done.then(
      () => {},
      () => {},
    );
    const job: Job = {
      listener,
      settle,
      used: Promise.resolve(),
      input: new Headroom(),
      size: spec.kind === 'take' ? spec.expected?.size : undefined,
      progress: 0,
    };
    thread.jobs.set(id, job);
    say(thread, { kind: 'start', id, spec });
    return {
      done,
      async write(chunk) {
        if (!thread.jobs.has(id)) await done;
        for (let at = 0; at < chunk.length; at += pieceSize) {
          const part = chunk.subarray(at, at + pieceSize);
          const bytes = new Uint8Array(spare.pop() ?? new ArrayBuffer(pieceSize), 0, part.length);
          bytes.set(part);
          say(thread, { kind: 'bytes', id, bytes }, [bytes.buffer]);
        }
        job.input.given(chunk.length);
        await job.input.wait(done);
      },
      end() {
        say(thread, { kind: 'end', id });
        return done;
      },
      async cancel() {
        say(thread, { kind: 'cancel', id });
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

function say(thread: Thread, message: ToWorker, memory: ArrayBuffer[] = []): void {
  thread.worker.postMessage(message, memory);
}
