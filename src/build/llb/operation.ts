import { createHash } from 'node:crypto';
import type { Platform, Tree } from '../plan/types.ts';
import { filled, type GoValue, goJson } from './go-json.ts';

/**
 * Steps as BuildKit operations (LLB), as far as BuildKit's caches identify them: a record is found by a digest of the
 * operation, and by the records or the content of its inputs. These operations are never carried out.
 */
export interface Operation {
  /** Of the operation itself, without its inputs. */
  readonly digest: string;
  readonly inputs: readonly OperationInput[];
}

/** An input of an operation. */
export interface OperationInput {
  readonly source:
    | { readonly kind: 'tree'; readonly tree: Exclude<Tree, { kind: 'empty' }> }
    | { readonly kind: 'operation'; readonly operation: Operation };
  /** Digest of the part that is used; empty for all. */
  readonly selector: string;
  /** The files that count if the input is identified by its content; undefined if it is not. */
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

/** The digest of an operation: of its type and its description in BuildKit's form. */
export const operationDigest = (description: { readonly [name: string]: GoValue }): string =>
  sha256(goJson(description));

/** The digest of a record for an output of an operation; contents have output -1. */
export const recordDigest = (digest: string, output = 0): string => sha256(`${digest}@${output}`);

/** What identifies an image: its layers, whatever its configuration. @param chainId of its last layer */
export const imageDigest = (chainId: string): string => sha256(`buildkit.source.v0:${chainId}`);

/** What identifies an image before its configuration is known: the digest of its manifest or index, as it was requested. */
export const manifestDigest = (digest: string, { os, architecture, variant }: Platform): string =>
  imageDigest(
    sha256(goJson({ Digest: digest, OS: os, Arch: architecture, ...filled({ Variant: variant }) })),
  );

/** The digest of several paths that select parts of an input. */
export const selectorDigest = (paths: readonly string[]): string => sha256(paths.join('\0'));

/** Paths that are not below others, sorted. */
export function outermost(paths: readonly string[]): readonly string[] {
  const distinct = [...new Set(paths)];
  const inside = (path: string) =>
    distinct.some((other) => other !== path && path.startsWith(other.endsWith('/') ? other : `${other}/`));
  return distinct.filter((path) => !inside(path)).sort(byBytes);
}

export const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
