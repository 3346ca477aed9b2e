import { posix } from 'node:path';
import { parseGitReference } from '../source/git-reference.ts';
import type { RemoteSource } from './types.ts';

/**
 * A source of ADD that is not in the context: a git repository or a web address, and the path below its tree to copy.
 * Undefined for a path in the context. A reference to a repository with an invalid query counts as a path, too.
 */
export function remoteSource(
  text: string,
  keepGitDir: boolean,
  checksum: string | undefined,
): { readonly source: RemoteSource; readonly below: string } | undefined {
  const git = parseGitReference(text);
  if (git.kind === 'git' && !git.reference.likeLocal) {
    const { reference } = git;
    const source = {
      kind: 'git',
      remote: reference.remote,
      ref: reference.ref,
      checksum: checksum ?? reference.checksum,
      keepGitDir: reference.keepGitDir ?? keepGitDir,
      submodules: reference.submodules ?? true,
    } as const;
    return { source, below: posix.join('/', reference.subdir) };
  }
  if (!/^https?:\/\//.test(text)) return undefined;
  const name = nameOfUrl(text);
  return { source: { kind: 'http', url: text, name, checksum }, below: `/${escaped(name)}` };
}

/** The file name of an address: the last part of its path. */
export function nameOfUrl(text: string): string {
  if (!URL.canParse(text)) return unnamed;
  const { pathname } = new URL(text);
  const name = posix.basename(decoded(pathname)).replaceAll('\0', '');
  return name === '' || name === '.' || name === '..' ? unnamed : name;
}

const digestLengths: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 };

/** What is wrong with a digest, in the words of BuildKit; undefined for one that can be compared with. */
export function digestFault(text: string): string | undefined {
  const [, algorithm = '', encoded = ''] = /^([^:]+):(.+)$/s.exec(text) ?? [];
  const length = digestLengths[algorithm];
  if (length === undefined)
    return /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$/.test(text)
      ? 'unsupported digest algorithm'
      : 'invalid checksum digest format';
  if (encoded.length !== length) return 'invalid checksum digest length';
  return /^[0-9a-f]+$/.test(encoded) ? undefined : 'invalid checksum digest format';
}

const unnamed = '__unnamed__';

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Escaped for use as a source: its characters match literally. */
const escaped = (name: string): string => name.replace(/[\\*?[\]]/g, '\\$&');
