import { TcomposeError } from '../../../errors.ts';
import { hexOf } from '../../digest.ts';
import { hostReference } from '../../host/host-config.ts';
import type { Platform } from '../../ingest-types.ts';
import { choosePlatform, platformRank } from '../../platform.ts';
import { idDigits, idLength, normaliseTag } from '../../reference.ts';
import type { ImageRecord } from '../../types.ts';
import type { ImageMetadata, StoredImage } from '../image-metadata.ts';
import { namesOf } from '../references.ts';
import { referenceOf } from '../removal.ts';

interface Found {
  readonly metadata: ImageMetadata;
  /** tcompose/host of this release. */
  readonly host: ImageRecord;
  /** The tcompose/host images of other releases that containers still use, by id. */
  readonly hostRecords: ReadonlyMap<string, ImageRecord>;
  /** The platform of this machine. */
  readonly own: Platform;
}

/** Finds images by name, id or the beginning of an id: those of the store, and the built-in ones. */
export class ImageFinder {
  readonly #in: Found;

  constructor(found: Found) {
    this.#in = found;
  }

  /** All images, newest first. */
  list(): ImageRecord[] {
    return [this.#in.host, ...this.stored()].sort((a, b) => Date.parse(b.created) - Date.parse(a.created));
  }

  /** All except the built-in one. */
  stored(): ImageRecord[] {
    return this.#in.metadata.images().map((image) => this.#toRecord(image));
  }

  #toRecord(image: StoredImage): ImageRecord {
    const { lastTagged, ...names } = namesOf(this.#in.metadata.references, image.record.id);
    return { ...image.record, ...names, ...(lastTagged === undefined ? {} : { lastTagged }) };
  }

  byId(id: string): ImageRecord | undefined {
    const image = this.#in.metadata.image(id);
    return image === undefined ? this.#in.hostRecords.get(id) : this.#toRecord(image);
  }

  /** Of the images with one name, the one for the platform; without a platform, any image if none is for this machine. */
  #chosen(ids: readonly string[], platform: Platform | undefined): ImageRecord | undefined {
    const records = ids.flatMap((id) => this.byId(id) ?? []);
    const entries = records.map((record) => ({ record, platform: record as Platform }));
    const best = choosePlatform(entries, platform ?? this.#in.own)?.record;
    return best ?? (platform === undefined ? records[0] : undefined);
  }

  get(name: string, platform?: Platform): ImageRecord | undefined {
    if (name === '') return undefined;
    const fits = (record: ImageRecord | undefined) =>
      record === undefined || platform === undefined || platformRank(platform, record) !== undefined
        ? record
        : undefined;
    const prefix = idDigits(name);
    if (prefix?.length === idLength) return fits(this.byId(`sha256:${prefix}`));
    const reference = name.startsWith('sha256:') ? undefined : referenceOf(name);
    if (reference === hostReference) return fits(this.#in.host);
    const { tags, digests } = this.#in.metadata.references;
    const named = reference === undefined ? undefined : (tags.get(reference) ?? digests.get(reference));
    if (named !== undefined) return this.#chosen(named.images, platform);
    if (prefix !== undefined) return fits(this.#byPrefix(name, prefix));
    // Throws an error that says what is wrong with the name.
    normaliseTag(name);
    return undefined;
  }

  #byPrefix(name: string, prefix: string): ImageRecord | undefined {
    const ids = [
      ...this.#in.hostRecords.keys(),
      ...this.#in.metadata.images().map(({ record }) => record.id),
    ];
    const fitting = ids.filter((id) => hexOf(id).startsWith(prefix));
    if (fitting.length > 1)
      throw new TcomposeError(
        'IMAGE_AMBIGUOUS',
        `"${name}" is the beginning of ${fitting.length} image ids`,
        { hint: 'Give more digits of the id, or a name.' },
      );
    return fitting[0] === undefined ? undefined : this.byId(fitting[0]);
  }

  /** The images that a name stands for, one for each platform, this machine's first. @throws TcomposeError IMAGE_NOT_FOUND */
  allOf(name: string): ImageRecord[] {
    const first = this.mustGet(name);
    const reference = name.startsWith('sha256:') ? undefined : referenceOf(name);
    const { tags, digests } = this.#in.metadata.references;
    const named = reference === undefined ? undefined : (tags.get(reference) ?? digests.get(reference));
    const ids = named?.images.includes(first.id) ? named.images : [];
    return [first, ...ids.flatMap((id) => (id === first.id ? [] : (this.byId(id) ?? [])))];
  }

  /** @throws TcomposeError IMAGE_NOT_FOUND */
  mustGet(name: string): ImageRecord {
    const record = this.get(name);
    if (record !== undefined) return record;
    throw new TcomposeError('IMAGE_NOT_FOUND', `No such image: ${name}`, {
      hint: '`tcompose image ls` lists the images; `tcompose pull` and `tcompose image import` bring more.',
    });
  }

  /** @throws TcomposeError IMAGE_STORE for an image without blobs, such as the built-in one */
  storedOf(image: ImageRecord): StoredImage {
    const stored = this.#in.metadata.image(image.id);
    if (stored !== undefined) return stored;
    throw new TcomposeError('IMAGE_STORE', `${image.tags[0] ?? image.id} has no blobs`, {
      hint: image.host
        ? 'The built-in image is made of this machine’s own files and cannot be sent anywhere.'
        : 'Fetch it again.',
    });
  }
}
