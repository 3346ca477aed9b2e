import { closeSync } from 'node:fs';
import { isWithin } from './names.ts';

/** Descriptors of directories by path, the least recently used closed when there are more than `most`. */
export class DescriptorCache {
  readonly #most: number;
  readonly #open = new Map<string, number>();

  constructor(most: number) {
    this.#most = most;
  }

  get(path: string): number | undefined {
    const fd = this.#open.get(path);
    if (fd === undefined) return undefined;
    this.#open.delete(path);
    this.#open.set(path, fd);
    return fd;
  }

  /** Takes `fd` over. */
  put(path: string, fd: number): void {
    this.#close(path);
    this.#open.set(path, fd);
    const oldest = this.#open.keys().next().value;
    if (this.#open.size > this.#most && oldest !== undefined) this.#close(oldest);
  }

  /** Forgets a directory and all below it. */
  forget(path: string): void {
    for (const known of [...this.#open.keys()]) if (isWithin(known, path)) this.#close(known);
  }

  #close(path: string): void {
    const fd = this.#open.get(path);
    if (fd === undefined) return;
    this.#open.delete(path);
    closeSync(fd);
  }
}
