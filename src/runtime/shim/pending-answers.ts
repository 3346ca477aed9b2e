/** Answers by sequence number that are being awaited; all are rejected when the connection ends. */
export class PendingAnswers<T> {
  readonly #waiting = new Map<number, { resolve: (value: T) => void; reject: (error: Error) => void }>();
  #next = 1;
  #ended: Error | undefined;

  /** Numbers a request, sends it with `send`, and waits for its answer. */
  request(send: (seq: number) => void): Promise<T> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const seq = this.#next;
    this.#next = seq === 0xffff_ffff ? 1 : seq + 1;
    return new Promise((resolve, reject) => {
      this.#waiting.set(seq, { resolve, reject });
      send(seq);
    });
  }

  settle(seq: number, value: T): void {
    this.#take(seq)?.resolve(value);
  }

  fail(seq: number, error: Error): void {
    this.#take(seq)?.reject(error);
  }

  #take(seq: number) {
    const waiting = this.#waiting.get(seq);
    this.#waiting.delete(seq);
    return waiting;
  }

  end(error: Error): void {
    this.#ended = error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
