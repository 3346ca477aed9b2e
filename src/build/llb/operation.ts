import { createHash } from 'node:crypto';
import type { Platform, Tree } from '../plan/types.ts';
import { filled, type GoValue, goJson } from './go-json.ts';

/**
 * Steps as operations of BuildKit's (LLB), as far as its caches know them: a record of a cache is found by a digest of the operation, and by the
 * records or the content of what it works on. Nothing is carried out by these.
 */
export interface Operation {
  /** Of what it does, without what it works on. */
  readonly digest: string;
  readonly inputs: readonly OperationInput[];
}

/** What an operation works on. */
export interface OperationInput {
  readonly source:
    | { readonly kind: 'tree'; readonly tree: Exclude<Tree, { kind: 'empty' }> }
    | { readonly kind: 'operation'; readonly operation: Operation };
  /** Digest of what of it is meant; empty for all. */
  readonly selector: string;
  /** What counts where it goes by content; undefined where it does not. */
  readonly contents: readonly ContentSelector[] | undefined;
}

/** Files whose content counts. */
export interface ContentSelector {
  /** Absolute; a pattern with `wildcard`. */
  readonly path: string;
  readonly wildcard: boolean;
  readonly followLinks: boolean;
  readonly includes: readonly string[];
  readonly excludes: readonly string[];
}

export const sha256 = (data: string | Uint8Array): string =>
  `sha256:${createHash('sha256').update(data).digest('hex')}`;

/** The digest of an operation of a type: of its description as BuildKit has it. */
export const operationDigest = (description: { readonly [name: string]: GoValue }): string =>
  sha256(goJson(description));

/** The digest of a record for an output of something; contents have the output -1. */
export const recordDigest = (digest: string, output = 0): string => sha256(`${digest}@${output}`);

/** What an image is known by: its layers, whatever its configuration. @param chainId that of its last layer */
export const imageDigest = (chainId: string): string => sha256(`buildkit.source.v0:${chainId}`);

/** What an image is known by before its configuration is: the digest of its manifest or index, as it was asked for. */
export const manifestDigest = (digest: string, { os, architecture, variant }: Platform): string =>
  imageDigest(
    sha256(goJson({ Digest: digest, OS: os, Arch: architecture, ...filled({ Variant: variant }) })),
  );

/** The digest of several paths, as they select something of an input. */
export const selectorDigest = (paths: readonly string[]): string => sha256(paths.join('\0'));

/** Paths without those that are below others, sorted. */
export function outermost(paths: readonly string[]): readonly string[] {
  const distinct = [...new Set(paths)];
  const inside = (path: string) =>
    distinct.some((other) => other !== path && path.startsWith(other.endsWith('/') ? other : `${other}/`));
  return distinct.filter((path) => !inside(path)).sort(byBytes);
}

export const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
