import {
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type ParsedNode,
  parseAllDocuments,
  type Scalar,
} from 'yaml';
import { type NodePlaces, TagMark, type YamlDocument, type YamlStream } from './document.ts';
import { inheritPlaces } from './flow.ts';
import { applyMergeKey, applyStandardTag, followAlias, keyText, noteDuplicate } from './nodes.ts';
import { checkDocumentCount, checkKeyCount, maxDepth, YamlProblem } from './problem.ts';
import { resolvePlain } from './resolve-plain.ts';
import type { Anchor } from './scanner.ts';

interface Context {
  readonly text: string;
  readonly places: Map<object, NodePlaces> | undefined;
  readonly unknownTags: { tag: string; offset: number }[];
  readonly mistakes: YamlProblem[];
  readonly anchors: Map<string, Anchor>;
  nodes: number;
  aliased: number;
  marked: boolean;
}

const standardPrefix = 'tag:yaml.org,2002:';

/**
 * Parses a YAML stream through the `yaml` package's syntax tree: all of YAML 1.2, and errors that say what was
 * expected. Gives the same data as `parseDirectly`, if that succeeds.
 * @throws YamlProblem
 */
export function parseFully(text: string, places?: Map<object, NodePlaces>): YamlStream {
  const parsed = parseAllDocuments<ParsedNode>(text, {
    schema: 'failsafe',
    uniqueKeys: false,
    keepSourceTokens: false,
    prettyErrors: false,
    logLevel: 'silent',
  });
  const unknownTags: { tag: string; offset: number }[] = [];
  const mistakes: YamlProblem[] = [];
  const documents: YamlDocument[] = [];
  for (const document of Array.isArray(parsed) ? parsed : []) {
    const [error] = document.errors;
    if (error !== undefined) {
      throw new YamlProblem('syntax', sentence(error.message), Math.min(error.pos[0], text.length));
    }
    const context: Context = {
      text,
      places,
      unknownTags,
      mistakes,
      anchors: new Map(),
      nodes: 0,
      aliased: 0,
      marked: false,
    };
    const value = document.contents === null ? null : convert(context, document.contents, 0);
    checkDocumentCount(documents.length, offsetOf(document.contents));
    documents.push({ value, marked: context.marked, start: offsetOf(document.contents) });
  }
  return { documents, unknownTags, mistakes };
}

/** The package's message as the end of "FILE: …": lower case, without a final period. */
function sentence(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1).replace(/\.$/, '');
}

function offsetOf(node: unknown): number {
  const range = (node as Node | null)?.range;
  return range?.[0] ?? 0;
}

function convert(context: Context, node: unknown, depth: number): unknown {
  if (depth > maxDepth) {
    throw new YamlProblem('too-deep', `more than ${maxDepth} levels of nesting`, offsetOf(node));
  }
  if (isAlias(node)) return followAlias(context, node.source, offsetOf(node));
  if (!(isScalar(node) || isMap(node) || isSeq(node))) return null;
  const name = node.anchor;
  const before = context.nodes + context.aliased;
  if (name !== undefined) context.anchors.set(name, { value: undefined, weight: 0, open: true });
  context.nodes += 1;
  const value = withTag(context, node, depth);
  if (name !== undefined) {
    context.anchors.set(name, { value, weight: context.nodes + context.aliased - before, open: false });
  }
  return value;
}

function withTag(context: Context, node: Node, depth: number): unknown {
  const tag = shortTag(node.tag);
  const raw = isScalar(node) ? textOf(context, node) : undefined;
  const untagged = isMap(node)
    ? convertMap(context, node, depth)
    : isSeq(node)
      ? convertList(context, node, depth)
      : scalarValue(node, raw ?? '', tag);
  if (tag === undefined) return untagged;
  if (tag === '!reset' || tag === '!override') {
    context.marked = true;
    return new TagMark(tag, untagged);
  }
  return applyStandardTag(tag, untagged, raw, offsetOf(node), context.unknownTags);
}

function shortTag(tag: string | undefined): string | undefined {
  return tag?.startsWith(standardPrefix) ? `!!${tag.slice(standardPrefix.length)}` : tag;
}

function rawText(node: { source?: string; value: unknown }): string {
  return typeof node.value === 'string' ? node.value : (node.source ?? '');
}

/** A scalar's text. The package ends the last line of a block scalar with a break even if the file ends without one. */
function textOf({ text }: Context, node: Scalar): string {
  const raw = rawText(node);
  const block = node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED';
  if (!block || text.endsWith('\n') || (node.range?.[1] ?? 0) < text.length) return raw;
  const lastLine = text.slice(text.lastIndexOf('\n') + 1);
  return lastLine.trim() !== '' && raw.endsWith('\n') ? raw.slice(0, -1) : raw;
}

function scalarValue(node: Node, raw: string, tag: string | undefined): unknown {
  const plain = isScalar(node) && (node.type === 'PLAIN' || node.type === undefined);
  return plain && (tag === undefined || tag === '!reset' || tag === '!override') ? resolvePlain(raw) : raw;
}

function convertList(context: Context, node: Node, depth: number): unknown[] {
  const list: unknown[] = [];
  const items: number[] = [];
  context.places?.set(list, { start: offsetOf(node), items });
  if (!isSeq(node)) return list;
  for (const item of node.items) {
    items.push(isPair(item) ? offsetOf(item.key) : offsetOf(item));
    list.push(
      isPair(item)
        ? convertPairs(context, [item], depth + 1, offsetOf(item.key))
        : convert(context, item, depth + 1),
    );
  }
  return list;
}

function convertMap(context: Context, node: Node, depth: number): unknown {
  return convertPairs(context, isMap(node) ? node.items : [], depth, offsetOf(node));
}

function convertPairs(
  context: Context,
  pairs: readonly { key: unknown; value: unknown }[],
  depth: number,
  start: number,
): Record<string, unknown> {
  const map: Record<string, unknown> = {};
  const keys = new Map<string, readonly [number, number]>();
  context.places?.set(map, { start, keys });
  let merge: { value: unknown; offset: number } | undefined;
  for (const pair of pairs) {
    const offset = offsetOf(pair.key);
    const { key, isMerge } = keyOf(context, pair.key, offset, depth);
    const value = convert(context, pair.value, depth + 1);
    if (isMerge) {
      const before = merge?.offset;
      if (before !== undefined) noteDuplicate(context, '<<', () => before, offset);
      merge = { value, offset };
      continue;
    }
    const known = keys.get(key);
    if (known !== undefined) noteDuplicate(context, key, () => known[0], offset);
    checkKeyCount(keys.size, offset);
    keys.set(key, [offset, pair.value === null ? offset : offsetOf(pair.value)]);
    map[key] = value;
  }
  if (merge !== undefined) {
    const sources = applyMergeKey(map, merge.value, merge.offset);
    if (context.places !== undefined) inheritPlaces(context, keys, sources);
  }
  return map;
}

function keyOf(
  context: Context,
  node: unknown,
  offset: number,
  depth: number,
): { key: string; isMerge: boolean } {
  if (isScalar(node)) {
    const raw = rawText(node);
    const plain = node.type === 'PLAIN' || node.type === undefined;
    const tag = shortTag(node.tag);
    if (raw === '<<' && (tag === undefined || tag === '!' ? plain : tag === '!!merge'))
      return { key: raw, isMerge: true };
    return { key: keyText(context, convert(context, node, depth + 1), raw, offset), isMerge: false };
  }
  if (isAlias(node)) {
    const value = convert(context, node, depth + 1);
    if (typeof value === 'string') return { key: keyText(context, value, value, offset), isMerge: false };
  }
  if (node === null) return { key: keyText(context, null, '', offset), isMerge: false };
  throw new YamlProblem('key-type', 'non-string key: a collection', offset, 'Use a plain word as the key.');
}
