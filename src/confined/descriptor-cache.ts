import { closeSync } from 'node:fs';
import { isWithin } from './names.ts';

/** Descriptors of directories by path; the least recently used ones are closed when there are more than `most`. */
export class DescriptorCache {
  readonly #most: number;
  readonly #open = new Map<string, number>();
  /** The most recent directory is usually requested again, because the next entry is in it, too. */
  #newest: { readonly path: string; readonly fd: number } | undefined;

  constructor(most: number) {
    this.#most = most;
  }

  get(path: string): number | undefined {
    if (this.#newest?.path === path) return this.#newest.fd;
    const fd = this.#open.get(path);
    if (fd === undefined) return undefined;
    this.#open.delete(path);
    this.#add(path, fd);
    return fd;
  }

  /** Takes ownership of `fd`. */
  put(path: string, fd: number): void {
    this.#close(path);
    this.#add(path, fd);
    const oldest = this.#open.keys().next().value;
    if (this.#open.size > this.#most && oldest !== undefined) this.#close(oldest);
  }

  /** Forgets a directory and everything below it. */
  forget(path: string): void {
    for (const known of [...this.#open.keys()]) if (isWithin(known, path)) this.#close(known);
  }

  #add(path: string, fd: number): void {
    this.#open.set(path, fd);
    this.#newest = { path, fd };
  }

  #close(path: string): void {
    const fd = this.#open.get(path);
    if (fd === undefined) return;
    this.#open.delete(path);
    if (this.#newest?.path === path) this.#newest = undefined;
    closeSync(fd);
  }
}
