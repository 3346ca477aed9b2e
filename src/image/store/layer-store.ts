import {
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hexOf } from '../digest.ts';
import { errnoOf } from '../unpack/layer-system.ts';

export interface LayerInfo {
  readonly diffId: string;
  /** Bytes of file data. */
  readonly size: number;
}

const shortestLink = 8;

/**
 * Unpacked layers: `layers/<ChainID hex>/{diff,layer.json}`, complete as soon as they exist. `l/<name>` are short links
 * to the diff directories, of which many fit into the one page that a mount's data may have.
 */
export class LayerStore {
  readonly #layers: string;
  readonly #links: string;
  readonly #linkOf = new Map<string, string>();
  readonly #known = new Map<string, LayerInfo>();

  constructor(root: string) {
    this.#layers = join(root, 'layers');
    this.#links = join(root, 'l');
    mkdirSync(this.#layers, { recursive: true, mode: 0o700 });
    mkdirSync(this.#links, { recursive: true, mode: 0o700 });
  }

  #directory(chainId: string): string {
    return join(this.#layers, hexOf(chainId));
  }

  /** The layer's facts; undefined when it is not in the store, or damaged: then it may be added again. */
  info(chainId: string): LayerInfo | undefined {
    const known = this.#known.get(chainId);
    if (known !== undefined) return known;
    try {
      const directory = this.#directory(chainId);
      const info = JSON.parse(readFileSync(join(directory, 'layer.json'), 'utf8')) as LayerInfo;
      if (typeof info.diffId !== 'string' || !statSync(join(directory, 'diff')).isDirectory())
        return undefined;
      this.#known.set(chainId, info);
      return info;
    } catch {
      return undefined;
    }
  }

  /** Completes `staging`, a directory of the same file system with the layer in its `diff`. The caller syncs it. */
  prepare(staging: string, info: LayerInfo): void {
    writeFileSync(join(staging, 'layer.json'), `${JSON.stringify(info)}\n`, { mode: 0o600 });
  }

  /**
   * Takes over a prepared `staging` directory that is synced. If the layer exists by now, the directory is left to its
   * owner; `trash` is a name on the same file system to move a damaged layer to.
   */
  async add(chainId: string, staging: string, trash: string): Promise<void> {
    if (this.info(chainId) !== undefined) return;
    await this.remove(chainId, trash);
    await rename(staging, this.#directory(chainId));
  }

  /** Deletes a layer; `trash` is a name on the same file system, from which it is deleted. */
  async remove(chainId: string, trash: string): Promise<void> {
    const link = this.#linkOf.get(chainId) ?? this.#findLink(chainId);
    this.#linkOf.delete(chainId);
    this.#known.delete(chainId);
    if (link !== undefined) await rm(join(this.#links, link), { force: true });
    try {
      await rename(this.#directory(chainId), trash);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
      return;
    }
    await rm(trash, { recursive: true, force: true });
  }

  /** ChainIDs of all layers. */
  list(): string[] {
    return readdirSync(this.#layers).map((hex) => `sha256:${hex}`);
  }

  /** The directory with the layer's files. */
  diff(chainId: string): string {
    return join(this.#directory(chainId), 'diff');
  }

  /** Short path of the same directory, for overlayfs. */
  lowerDir(chainId: string): string {
    let link = this.#linkOf.get(chainId);
    if (link === undefined) {
      link = this.#findLink(chainId) ?? this.#makeLink(chainId);
      this.#linkOf.set(chainId, link);
    }
    return join(this.#links, link);
  }

  #target(chainId: string): string {
    return join('..', 'layers', hexOf(chainId), 'diff');
  }

  /** Names to try: the beginnings of the ChainID, shortest first, because another layer may have a name. */
  *#names(chainId: string): Generator<string> {
    const name = Buffer.from(hexOf(chainId), 'hex').toString('base64url');
    for (let length = shortestLink; length <= name.length; length++) yield name.slice(0, length);
  }

  #findLink(chainId: string): string | undefined {
    for (const name of this.#names(chainId)) {
      try {
        if (readlinkSync(join(this.#links, name)) === this.#target(chainId)) return name;
      } catch (error) {
        if (errnoOf(error) === 'ENOENT') return undefined;
        throw error;
      }
    }
    return undefined;
  }

  #makeLink(chainId: string): string {
    for (const name of this.#names(chainId)) {
      try {
        symlinkSync(this.#target(chainId), join(this.#links, name));
        return name;
      } catch (error) {
        if (errnoOf(error) !== 'EEXIST') throw error;
      }
    }
    throw new Error(`no short name is left for layer ${chainId}`);
  }
}
