import type { RemoteSource } from '../plan/types.ts';
import { parseGitReference } from './git-reference.ts';

/** The place of a build context. */
export type ContextPlace =
  | { readonly kind: 'directory'; readonly path: string }
  | {
      readonly kind: 'git';
      readonly source: Extract<RemoteSource, { kind: 'git' }>;
      /** Below the top of the repository; empty for the top. */
      readonly subdir: string;
    }
  /** An archive, or a Dockerfile. */
  | { readonly kind: 'http'; readonly url: string }
  | { readonly kind: 'image'; readonly reference: string }
  | {
      readonly kind: 'layout';
      /** Directory of an OCI image layout. */
      readonly path: string;
      /** Which of its images to use, if there are several. */
      readonly tag: string | undefined;
      readonly digest: string | undefined;
    }
  /** Of an unknown kind. */
  | { readonly kind: 'unknown'; readonly scheme: string };

/**
 * Parses the name of a context: the main one, or one of `additional_contexts`. Pure. @param keepGitDir whether `.git`
 * is kept
 */
export function contextPlace(text: string, keepGitDir: boolean): ContextPlace {
  if (text.startsWith('/')) return { kind: 'directory', path: text };
  if (text.startsWith('docker-image://')) return { kind: 'image', reference: text.slice(15) };
  if (text.startsWith('oci-layout://')) return layoutPlace(text.slice(13));
  const git = parseGitReference(text);
  if (git.kind === 'git') {
    const { reference } = git;
    const source = {
      kind: 'git',
      remote: reference.likeLocal ? `https://${reference.remote}` : reference.remote,
      ref: reference.ref,
      checksum: reference.checksum,
      keepGitDir: reference.keepGitDir ?? keepGitDir,
      submodules: reference.submodules ?? true,
    } as const;
    return { kind: 'git', source, subdir: reference.subdir };
  }
  if (/^https?:\/\//.test(text)) return { kind: 'http', url: text };
  const [, scheme] = /^([a-z][a-z0-9+.-]*):/i.exec(text) ?? [];
  return scheme === undefined ? { kind: 'directory', path: text } : { kind: 'unknown', scheme };
}

/** `path`, `path:tag`, `path@digest`. */
function layoutPlace(text: string): ContextPlace {
  const [, path = text, tag, digest] =
    /^(.*?)(?::([\w][\w.-]{0,127}))?(?:@(sha\d+:[0-9a-f]+))?$/.exec(text) ?? [];
  return { kind: 'layout', path, tag, digest };
}
