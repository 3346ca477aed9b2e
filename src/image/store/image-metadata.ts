import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hexOf } from '../digest.ts';
import type { Descriptor } from '../ingest-types.ts';
import type { ImageRecord } from '../record-types.ts';
import { parseReferences, type References } from './references.ts';
import { writeFileAtomically } from './write-file.ts';

/** The part of an image's record that does not depend on its names. */
export type ImageFacts = Omit<ImageRecord, 'tags' | 'repoDigests' | 'digestTags' | 'dangling' | 'lastTagged'>;

/** What is stored for an image besides its blobs: `images/<id hex>.json`. Names are kept in `images/tags.json`. */
export interface StoredImage {
  readonly version: 1;
  readonly record: ImageFacts;
  readonly manifest: Descriptor;
  /** The index that the manifest was chosen from. */
  readonly index?: Descriptor;
  readonly layers: readonly Descriptor[];
}

const tagsFile = 'tags.json';

/** The images of one store and their names, in memory and on disk. The caller serialises writes. */
export class ImageMetadata {
  readonly #directory: string;
  readonly #images = new Map<string, StoredImage>();
  readonly #damaged = new Set<string>();
  #references: References = { tags: new Map(), digests: new Map() };
  #newer = false;

  /** `damaged` is called with each file that can't be read and the reason, as a clause; the file is moved aside. */
  constructor(root: string, damaged: (file: string, why: string) => void) {
    this.#directory = join(root, 'images');
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(this.#directory)) {
      const path = join(this.#directory, name);
      if (name.includes('.tmp-')) rmSync(path, { force: true });
      else if (name.endsWith('.damaged')) this.#damaged.add(name);
      else if (name === tagsFile || /^[0-9a-f]{64}\.json$/.test(name)) {
        try {
          this.#load(path, name);
        } catch (error) {
          rmSync(`${path}.damaged`, { recursive: true, force: true });
          renameSync(path, `${path}.damaged`);
          this.#damaged.add(`${name}.damaged`);
          damaged(path, (error as Error).message);
        }
      }
    }
  }

  /** Whether a record could not be read: then it is unknown which layers and blobs its image needs. */
  get incomplete(): boolean {
    return [...this.#damaged].some((name) => name !== `${tagsFile}.damaged`);
  }

  get references(): References {
    return this.#references;
  }

  #load(path: string, name: string): void {
    const value = read(path);
    if (name === tagsFile) {
      this.#references = parseReferences(value);
      return;
    }
    const image = value as Partial<StoredImage>;
    const { record } = image;
    if (image.version !== 1) throw new Error(`its format is ${String(image.version)}, not 1`);
    if (
      record?.id !== `sha256:${name.slice(0, 64)}` ||
      !Array.isArray(record.chain) ||
      !Array.isArray(image.layers) ||
      image.manifest === undefined
    )
      throw new Error('it does not describe this image');
    this.#images.set(record.id, image as StoredImage);
  }

  images(): StoredImage[] {
    return [...this.#images.values()];
  }

  image(id: string): StoredImage | undefined {
    return this.#images.get(id);
  }

  /** Also removes a damaged record of the same image. */
  async addImage(image: StoredImage): Promise<void> {
    const path = this.#path(image.record.id);
    const text = JSON.stringify(image);
    if (text === JSON.stringify(this.#images.get(image.record.id))) return;
    await writeFileAtomically(path, `${text}\n`);
    this.#images.set(image.record.id, image);
    const aside = `${hexOf(image.record.id)}.json.damaged`;
    if (this.#damaged.delete(aside)) await rm(join(this.#directory, aside), { recursive: true, force: true });
  }

  async removeImage(id: string): Promise<void> {
    await rm(this.#path(id), { force: true });
    this.#images.delete(id);
  }

  /** Takes names that differ only in their times: nobody waits for those to reach the disk, see keepTimes. */
  setTimes(references: References): void {
    this.#references = references;
    this.#newer = true;
  }

  /** Writes the times that are not on the disk yet. */
  async keepTimes(): Promise<void> {
    if (this.#newer) await this.setReferences(this.#references);
  }

  async setReferences(references: References): Promise<void> {
    const sorted = <T>(map: ReadonlyMap<string, T>) =>
      Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
    const data = { version: 2, tags: sorted(references.tags), digests: sorted(references.digests) };
    await writeFileAtomically(join(this.#directory, tagsFile), `${JSON.stringify(data, undefined, 1)}\n`);
    this.#references = references;
    this.#newer = false;
  }

  #path(id: string): string {
    return join(this.#directory, `${hexOf(id)}.json`);
  }
}

/** A pipe in the place of a file is empty. */
function readWithoutWaiting(path: string): string {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
}

function read(path: string): object {
  const text = readWithoutWaiting(path);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(text.trim() === '' ? 'it is empty' : 'it is not JSON');
  }
  if (typeof value !== 'object' || value === null) throw new Error('it is not a JSON object');
  return value;
}
