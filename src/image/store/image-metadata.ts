import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hexOf } from '../digest.ts';
import type { ImageRecord } from '../types.ts';
import { writeFileAtomically } from './write-file.ts';

/** A blob by digest, as a manifest lists it (OCI image-spec, "Content Descriptors"). */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** What is kept of an image beside its blobs: `images/<id hex>.json`. Tags are kept in `images/tags.json`. */
export interface StoredImage {
  readonly version: 1;
  readonly record: Omit<ImageRecord, 'tags'>;
  readonly manifest: Descriptor;
  readonly layers: readonly Descriptor[];
}

const tagsFile = 'tags.json';

/** Images and tags of one store, in memory and on disk. Writes are to be serialised by the caller. */
export class ImageMetadata {
  readonly #directory: string;
  readonly #images = new Map<string, StoredImage>();
  #tags: Map<string, string>;

  /** Whether a record could not be read: what it needs of layers and blobs is not known then. */
  readonly incomplete: boolean = false;

  /** `damaged` is told of each file that can't be read and why, as a clause; the file is put aside. */
  constructor(root: string, damaged: (file: string, why: string) => void) {
    this.#directory = join(root, 'images');
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    this.#tags = new Map();
    for (const name of readdirSync(this.#directory)) {
      const path = join(this.#directory, name);
      if (name.includes('.tmp-')) rmSync(path, { force: true });
      else if (name.endsWith('.damaged')) this.incomplete ||= name !== `${tagsFile}.damaged`;
      else if (name === tagsFile || /^[0-9a-f]{64}\.json$/.test(name)) {
        try {
          this.#load(path, name);
        } catch (error) {
          this.incomplete ||= name !== tagsFile;
          rmSync(`${path}.damaged`, { recursive: true, force: true });
          renameSync(path, `${path}.damaged`);
          damaged(path, (error as Error).message);
        }
      }
    }
  }

  #load(path: string, name: string): void {
    if (name === tagsFile) {
      const { tags } = this.#read<{ tags: Record<string, string> }>(path);
      if (typeof tags !== 'object' || tags === null) throw new Error('it holds no tags');
      this.#tags = new Map(Object.entries(tags));
      return;
    }
    const image = this.#read<StoredImage>(path);
    if (image.record?.id !== `sha256:${name.slice(0, 64)}` || !Array.isArray(image.record.chain)) {
      throw new Error('it does not describe this image');
    }
    this.#images.set(image.record.id, image);
  }

  #read<T extends object>(path: string): T {
    const text = readFileSync(path, 'utf8');
    let value: { version?: unknown };
    try {
      value = JSON.parse(text);
    } catch {
      throw new Error(text.trim() === '' ? 'it is empty' : 'it is not JSON');
    }
    if (typeof value !== 'object' || value === null) throw new Error('it is not a JSON object');
    if (value.version !== 1) throw new Error(`its format is ${String(value.version)}, not 1`);
    return value as T;
  }

  images(): StoredImage[] {
    return [...this.#images.values()];
  }

  image(id: string): StoredImage | undefined {
    return this.#images.get(id);
  }

  /** Id that a familiar reference with tag stands for. */
  tagged(reference: string): string | undefined {
    return this.#tags.get(reference);
  }

  tagsOf(id: string): string[] {
    return [...this.#tags].filter(([, tagged]) => tagged === id).map(([reference]) => reference);
  }

  async addImage(image: StoredImage): Promise<void> {
    await writeFileAtomically(this.#path(image.record.id), `${JSON.stringify(image)}\n`);
    this.#images.set(image.record.id, image);
  }

  async removeImage(id: string): Promise<void> {
    await rm(this.#path(id), { force: true });
    this.#images.delete(id);
  }

  async setTag(reference: string, id: string): Promise<void> {
    await this.#saveTags(new Map(this.#tags).set(reference, id));
  }

  async removeTags(references: readonly string[]): Promise<void> {
    const left = new Map(this.#tags);
    for (const reference of references) left.delete(reference);
    await this.#saveTags(left);
  }

  async #saveTags(tags: Map<string, string>): Promise<void> {
    const data = { version: 1, tags: Object.fromEntries([...tags].sort(([a], [b]) => (a < b ? -1 : 1))) };
    await writeFileAtomically(join(this.#directory, tagsFile), `${JSON.stringify(data, undefined, 1)}\n`);
    this.#tags = tags;
  }

  #path(id: string): string {
    return join(this.#directory, `${hexOf(id)}.json`);
  }
}
