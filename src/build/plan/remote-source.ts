import { posix } from 'node:path';
import { parseGitReference } from '../source/git-reference.ts';
import type { RemoteSource } from './types.ts';

/**
 * What a source of ADD is when it is not in the context: a git repository or an address of the web, and the path below its tree that
 * is copied. Undefined for a path of the context. A reference to a repository that is none by its query counts as a path, too.
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

const unnamed = '__unnamed__';

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** As a source: its characters stand for themselves. */
const escaped = (name: string): string => name.replace(/[\\*?[\]]/g, '\\$&');
