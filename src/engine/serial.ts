export interface Serial {
  /** Runs `task` after all earlier ones in this queue have settled. */
  run<T>(task: () => Promise<T>): Promise<T>;
  readonly busy: boolean;
}

/** A queue that runs one asynchronous task at a time, in order. A failure goes to the caller and does not stop the queue. */
export function createSerial(): Serial {
  let tail: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  return {
    run(task) {
      waiting++;
      const result = tail.then(task);
      tail = result.then(
        () => void waiting--,
        () => void waiting--,
      );
      return result;
    },
    get busy() {
      return waiting > 0;
    },
  };
}
