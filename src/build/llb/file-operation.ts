import { posix } from 'node:path';
import { cleanPath } from '../go-path.ts';
import { hasWildcard } from '../ignore/glob.ts';
import type { CopySource, CopyStep, Tree, WorkdirStep } from '../plan/types.ts';
import { filled, type GoValue, goJson } from './go-json.ts';
import {
  byBytes,
  type ContentSelector,
  type Operation,
  type OperationInput,
  operationDigest,
  outermost,
  selectorDigest,
} from './operation.ts';

/** One change of files: `input` and `secondary` are numbers of inputs or, from their count on, of earlier actions. */
interface Action {
  readonly input: number;
  readonly secondary: number;
  readonly output: number;
  readonly what: { readonly [name: string]: GoValue };
}

function fileDigest(actions: readonly Action[]): string {
  const indexes = actions.map(({ input, secondary, output }) => [input, secondary, output]);
  return operationDigest({
    Type: 'buildkit.file.v0',
    Actions: actions.map(({ what }) => Buffer.from(goJson(what)).toString('base64')),
    indexes: isUsual(indexes) ? undefined : indexes,
  });
}

/** The most common order of actions, which old records don't contain. */
const isUsual = (indexes: readonly (readonly number[])[]): boolean =>
  indexes.every(
    ([input, secondary, output], at) =>
      input === (at === 0 ? 0 : indexes.length + at - 1) &&
      (secondary === -1 || secondary === 1) &&
      output === (at === indexes.length - 1 ? 0 : -1),
  );

/** No time; or that of SOURCE_DATE_EPOCH, in nanoseconds. */
const timeOf = (epoch: number | undefined): number | bigint =>
  epoch === undefined ? -1 : BigInt(epoch) * 1_000_000_000n;

/** WORKDIR. */
export function workdirOperation(step: WorkdirStep, epoch: number | undefined): Operation {
  const base = inputOf(step.base);
  const what = filled({
    path: step.path,
    mode: 0o755,
    makeParents: true,
    owner: step.user === '' ? undefined : ownerOf(step.user, 0),
    timestamp: timeOf(epoch),
  });
  const input = base === undefined ? -1 : 0;
  return {
    digest: fileDigest([{ input, secondary: -1, output: 0, what }]),
    inputs: base === undefined ? [] : [base],
  };
}

/** A single file: a here-document. */
export function documentOperation(name: string, content: string, mode: number): Operation {
  const what = filled({
    path: posix.join('/', name),
    mode,
    data: Buffer.from(content).toString('base64'),
    timestamp: -1,
  });
  return { digest: fileDigest([{ input: -1, secondary: -1, output: 0, what }]), inputs: [] };
}

/** COPY and ADD, which SOURCE_DATE_EPOCH does not change; a linked one is put over its base. */
export function copyOperation(step: CopyStep): Operation {
  const base = inputOf(step.base);
  if (!step.link || base === undefined) return copied(step, base);
  const linked = copied(step, undefined);
  return {
    digest: operationDigest({ Type: 'buildkit.merge.v0', Merge: { inputs: [{}, { input: 1 }] } }),
    inputs: [base, { source: { kind: 'operation', operation: linked }, selector: '', contents: undefined }],
  };
}

/** Inputs of an operation, without duplicates. */
class Inputs {
  readonly all: { source: OperationInput['source']; selected: ContentSelector[] }[] = [];

  add(source: OperationInput['source'] | undefined): number {
    if (source === undefined) return -1;
    const key = JSON.stringify(source);
    const known = this.all.findIndex((one) => JSON.stringify(one.source) === key);
    return known >= 0 ? known : this.all.push({ source, selected: [] }) - 1;
  }
}

function copied(step: CopyStep, base: OperationInput | undefined): Operation {
  const inputs = new Inputs();
  const lowest = inputs.add(base?.source);
  const pieces = step.sources.map((source) => {
    const secondary = inputs.add(sourceOf(step, source));
    return { source, secondary };
  });
  const actions = pieces.map(({ source, secondary }, at): Action => {
    const { path, selector, options } = copyOf(step, source);
    if (secondary >= 0) inputs.all[secondary]!.selected.push(selector);
    return {
      input: at === 0 ? lowest : inputs.all.length + at - 1,
      secondary,
      output: at === pieces.length - 1 ? 0 : -1,
      what: filled({
        src: secondary < 0 ? path : posix.basename(path) || '/',
        dest: step.destination,
        owner: step.chown === undefined ? undefined : ownerOf(step.chown, lowest),
        ...modeOf(step.chmod),
        ...options,
        timestamp: timeOf(undefined),
        include_patterns: selector.includes,
        exclude_patterns: selector.excludes,
        ...modeTextOf(step.chmod),
      }),
    };
  });
  return {
    digest: fileDigest(actions),
    inputs: inputs.all.map(({ source, selected }, at) => {
      // The input that is written to counts as a whole.
      const whole = at === lowest || selected.length === 0;
      return {
        source,
        selector: whole ? '' : selectorDigest(selected.map(({ path }) => path).sort((a, b) => byBytes(b, a))),
        contents: whole ? undefined : distinct(selected),
      };
    }),
  };
}

function sourceOf(step: CopyStep, source: CopySource): OperationInput['source'] | undefined {
  if (source.kind === 'document')
    return { kind: 'operation', operation: documentOperation(source.name, source.content, 0o644) };
  return inputOf(source.other?.from ?? step.from)?.source;
}

interface Copied {
  readonly path: string;
  readonly selector: ContentSelector;
  readonly options: { readonly [name: string]: GoValue };
}

function copyOf(step: CopyStep, source: CopySource): Copied {
  const plain = { includes: [], excludes: step.excludes };
  if (source.kind === 'document' || source.other !== undefined) {
    const path = cleanPath(`/${source.kind === 'document' ? source.name : source.path}`);
    const unpack = source.kind === 'path' && source.other?.unpack === true;
    return {
      path,
      selector: { path, wildcard: false, followLinks: false, ...plain },
      options: { attemptUnpackDockerCompatibility: unpack, createDestPath: true },
    };
  }
  const { path, includes } = step.parents ? withParents(source.path) : { path: source.path, includes: [] };
  const clean = cleanPath(`/${path}`);
  return {
    path: clean,
    selector: {
      path: clean,
      wildcard: hasWildcard(clean),
      followLinks: true,
      includes,
      excludes: step.excludes,
    },
    options: {
      followSymlink: true,
      dirCopyContents: true,
      attemptUnpackDockerCompatibility: step.unpack,
      createDestPath: true,
      allowWildcard: true,
      allowEmptyWildcard: true,
    },
  };
}

/** With `--parents` a source is a pattern in the directory before `/./`, or in the top directory. */
function withParents(source: string): { readonly path: string; readonly includes: readonly string[] } {
  const pivot = source.indexOf('/./');
  const pattern = pivot < 0 ? source : source.slice(pivot + 3);
  return {
    path: pivot < 0 ? '/' : source.slice(0, pivot),
    includes: [cleanPath(`/${pattern}`).slice(1)],
  };
}

/** The contents that count, in order: plain paths that are not below others, and patterns. */
function distinct(selected: readonly ContentSelector[]): readonly ContentSelector[] {
  const filtered = (one: ContentSelector) =>
    one.wildcard || one.includes.length > 0 || one.excludes.length > 0;
  const plain = (followLinks: boolean) =>
    outermost(
      selected.filter((one) => !filtered(one) && one.followLinks === followLinks).map(({ path }) => path),
    ).map((path) => ({ path, wildcard: false, followLinks, includes: [], excludes: [] }));
  const all = [...plain(false), ...plain(true), ...selected.filter(filtered)];
  return all.sort((a, b) => byBytes(a.path, b.path));
}

/** `user:group`: numbers as they are, root is 0. */
function ownerOf(text: string, base: number): GoValue {
  const one = (name: string): GoValue => {
    const number = name === 'root' ? 0 : /^[+-]?\d+$/.test(name) ? Number(name) : undefined;
    return number === undefined
      ? { User: { byName: filled({ name, input: base }) } }
      : { User: filled({ byId: number >>> 0 }) };
  };
  const at = text.indexOf(':');
  if (at < 0) return { user: one(text) };
  return { user: one(text.slice(0, at)), group: one(text.slice(at + 1)) };
}

const modeOf = (chmod: string | undefined) => {
  if (chmod === undefined) return { mode: -1 };
  return /^[0-7]+$/.test(chmod) ? { mode: Number.parseInt(chmod, 8) } : {};
};

const modeTextOf = (chmod: string | undefined) =>
  chmod === undefined || /^[0-7]+$/.test(chmod) ? {} : { modeStr: chmod };

function inputOf(tree: Tree): OperationInput | undefined {
  if (tree.kind === 'empty') return undefined;
  return { source: { kind: 'tree', tree }, selector: '', contents: undefined };
}
