import type { KeyLink, KeyNode } from '../../../build/llb/key-node.ts';
import { operationOf } from '../../../build/llb/of-step.ts';
import {
  imageDigest,
  manifestDigest,
  type Operation,
  type OperationInput,
  recordDigest,
} from '../../../build/llb/operation.ts';
import type { BuildPlan, ImageStep, StepId, Tree } from '../../../build/plan/types.ts';
import type { ImageRecord } from '../../../image/types.ts';
import type { SourceTree } from '../files/source-tree.ts';
import type { StatCache } from '../files/stat-cache.ts';
import { treeChecksum } from '../files/tree-checksum.ts';
import { platformOfImage, stagePlatform } from '../platforms/stage-platform.ts';

/** What the keys of a build are computed from. */
export interface KeySources {
  readonly plan: BuildPlan;
  /** By id. */
  readonly images: ReadonlyMap<string, ImageRecord>;
  /** Digests of an image's manifest, and of the indexes by which it was requested. */
  readonly digestsOf: (image: ImageRecord) => Promise<readonly string[]>;
  /** SOURCE_DATE_EPOCH. */
  readonly epoch: number | undefined;
  readonly files: StatCache;
  /** The caller closes it. */
  readonly open: (tree: Tree) => Promise<SourceTree>;
}

type GrowingNode = KeyNode & { readonly inputs: readonly KeyLink[][] };

/** The keys by which BuildKit's caches identify the steps of a build. */
export class StepKeys {
  readonly #sources: KeySources;
  readonly #nodes = new Map<StepId, Promise<KeyNode | undefined>>();
  readonly #images = new Map<StepId, Promise<readonly KeyNode[]>>();
  /** What a node's inputs select from the trees of steps, until it has been read. */
  readonly #unread = new Map<KeyNode, readonly (OperationInput | undefined)[]>();
  readonly #reading = new Map<KeyNode, Promise<boolean>>();
  /** The operation within a linked copy. */
  readonly #inner = new Map<KeyNode, KeyNode>();

  constructor(sources: KeySources) {
    this.#sources = sources;
  }

  /** The node of a step that makes a layer; undefined for others. Contexts are read for it, other steps' files are not. */
  node(id: StepId): Promise<KeyNode | undefined> {
    const known = this.#nodes.get(id);
    if (known !== undefined) return known;
    const made = this.#make(id);
    this.#nodes.set(id, made);
    return made;
  }

  /** The copy that a linked step puts over its base, with a key of its own. */
  linked(node: KeyNode): KeyNode | undefined {
    return this.#inner.get(node);
  }

  /** Adds the content that a step takes from other steps to its node; those steps must exist. @returns whether there was any */
  async read(id: StepId): Promise<boolean> {
    const node = await this.node(id);
    if (node === undefined) return false;
    const inner = this.#inner.get(node);
    const found = await this.#readNode(node);
    return (inner !== undefined && (await this.#readNode(inner))) || found;
  }

  #readNode(node: KeyNode): Promise<boolean> {
    const known = this.#reading.get(node);
    if (known !== undefined) return known;
    const reading = this.#readInputs(node);
    this.#reading.set(node, reading);
    return reading;
  }

  async #readInputs(node: KeyNode): Promise<boolean> {
    const unread = this.#unread.get(node);
    if (unread === undefined) return false;
    for (const [at, input] of unread.entries()) {
      const link = input === undefined ? undefined : await this.#content(input);
      if (link !== undefined) (node as GrowingNode).inputs[at]!.push(link);
    }
    return true;
  }

  async #make(id: StepId): Promise<KeyNode | undefined> {
    const step = this.#sources.plan.steps[id]!;
    if (step.kind === 'fetch' || step.kind === 'image') return undefined;
    const platform = stagePlatform(this.#sources.plan, this.#sources.images, step);
    return this.#ofOperation(operationOf(step, platform, this.#sources.epoch));
  }

  /** All nodes by which a step is known. Something fetched is known by its content alone. */
  async #nodesOf(id: StepId): Promise<readonly KeyNode[]> {
    const step = this.#sources.plan.steps[id]!;
    if (step.kind !== 'image') return [(await this.node(id)) ?? []].flat();
    const known = this.#images.get(id) ?? this.#ofImage(step);
    this.#images.set(id, known);
    return known;
  }

  async #ofImage(step: ImageStep): Promise<readonly KeyNode[]> {
    const { images, digestsOf } = this.#sources;
    const image = images.get(step.id);
    if (image === undefined) return [];
    const platform = platformOfImage(image);
    const digests = await digestsOf(image);
    return [
      imageDigest(image.chain.at(-1) ?? step.id),
      ...digests.map((one) => manifestDigest(one, platform)),
    ].map((digest) => leaf(recordDigest(digest)));
  }

  async #ofOperation(operation: Operation): Promise<KeyNode> {
    const inputs: KeyLink[][] = [];
    const unread: (OperationInput | undefined)[] = [];
    let inner: KeyNode | undefined;
    for (const input of operation.inputs) {
      const { source, selector } = input;
      const links: KeyLink[] = [];
      if (source.kind === 'operation') {
        inner = await this.#ofOperation(source.operation);
        links.push({ selector, node: inner });
      } else if (source.tree.kind === 'context') {
        const content = await this.#content(input);
        if (content !== undefined) links.push(content);
      } else {
        for (const node of await this.#nodesOf(source.tree.step)) links.push({ selector, node });
      }
      inputs.push(links);
      const later = source.kind === 'tree' && source.tree.kind === 'step' && input.contents !== undefined;
      unread.push(later ? input : undefined);
    }
    const node: GrowingNode = { digest: recordDigest(operation.digest), inputs };
    if (unread.some((one) => one !== undefined)) this.#unread.set(node, unread);
    if (inner !== undefined) this.#inner.set(node, inner);
    return node;
  }

  async #content({ source, contents }: OperationInput): Promise<KeyLink | undefined> {
    if (contents === undefined || source.kind !== 'tree') return undefined;
    const { open, files } = this.#sources;
    const tree = await open(source.tree);
    try {
      const digest = await treeChecksum(tree, contents, files);
      return digest === undefined ? undefined : { selector: '', node: leaf(recordDigest(digest, -1)) };
    } catch {
      // An unreadable source is reported by the step itself.
      return undefined;
    } finally {
      await tree.close();
    }
  }
}

const leaf = (digest: string): KeyNode => ({ digest, inputs: [] });
