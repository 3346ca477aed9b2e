import { textOfBytes } from '../../../build/dockerfile/decode.ts';
import { GrpcError } from '../wire/status.ts';
import type { TreeTaker } from './receive.ts';

/** Most bytes of the small files together: a Dockerfile and ignore files. */
const most = 8 * 1024 * 1024;
const mostLinks = 40;

/** Takes a few small files into memory. */
export class MemoryTaker implements TreeTaker {
  readonly #files = new Map<string, Buffer[]>();
  readonly #links = new Map<string, string>();
  readonly #open = new Map<number, Buffer[]>();
  #size = 0;

  entry({ kind, path, link }: Parameters<TreeTaker['entry']>[0], id: number): boolean {
    if (kind === 'link') this.#links.set(path, link);
    if (kind === 'hard-link') this.#files.set(path, this.#files.get(link) ?? []);
    if (kind !== 'file') return false;
    const pieces: Buffer[] = [];
    this.#files.set(path, pieces);
    this.#open.set(id, pieces);
    return true;
  }

  data(id: number, piece: Buffer): void {
    this.#size += piece.length;
    if (this.#size > most)
      throw new GrpcError('resource-exhausted', `more than ${most} bytes where a Dockerfile was expected`);
    this.#open.get(id)?.push(Buffer.from(piece));
  }

  finish(): void {}

  /** Text of a file, with links followed inside what was sent; undefined when there is none. */
  read(path: string): string | undefined {
    const target = this.#resolve(path);
    const pieces = target === undefined ? undefined : this.#files.get(target);
    return pieces === undefined ? undefined : textOfBytes(Buffer.concat(pieces));
  }

  #resolve(path: string): string | undefined {
    const pending = Buffer.from(path).toString('latin1').split('/').reverse();
    let here: string[] = [];
    for (let links = 0; pending.length > 0; ) {
      const part = pending.pop()!;
      if (part === '' || part === '.') continue;
      if (part === '..') {
        here.pop();
        continue;
      }
      const next = [...here, part];
      const link = this.#links.get(next.join('/'));
      if (link === undefined) here = next;
      else {
        if (++links > mostLinks) return undefined;
        if (link.startsWith('/')) here = [];
        pending.push(...link.split('/').reverse());
      }
    }
    return here.join('/');
  }
}
