import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TcomposeError } from '../errors.ts';
import { hexOf } from './digest.ts';
import type { ImageRecord } from './types.ts';
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

  /** @throws TcomposeError IMAGE_STORE when a file is damaged or of a newer format */
  constructor(root: string) {
    this.#directory = join(root, 'images');
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    this.#tags = new Map();
    for (const name of readdirSync(this.#directory)) {
      const path = join(this.#directory, name);
      if (name.includes('.tmp-')) rmSync(path, { force: true });
      else if (name === tagsFile)
        this.#tags = new Map(Object.entries(this.#read<{ tags: Record<string, string> }>(path).tags));
      else if (/^[0-9a-f]{64}\.json$/.test(name)) {
        const image = this.#read<StoredImage>(path);
        this.#images.set(image.record.id, image);
      }
    }
  }

  #read<T extends object>(path: string): T {
    const damaged = (why: string, cause?: unknown) =>
      new TcomposeError('IMAGE_STORE', `${path} can not be used: ${why}`, {
        hint: 'Take the file away (its image is then gone) and start again.',
        cause,
      });
    let value: { version?: unknown };
    try {
      value = JSON.parse(readFileSync(path, 'utf8'));
    } catch (error) {
      throw damaged((error as Error).message, error);
    }
    if (typeof value !== 'object' || value === null) throw damaged('it is not a JSON object');
    if (value.version !== 1) throw damaged(`its format is ${String(value.version)}, this tcompose reads 1`);
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
