import { posix } from 'node:path';

/** A git repository, and the part of it that is meant: `https://host/x.git#ref:subdir`, `git@host:x?tag=1`. */
export interface GitReference {
  /** In the form that git accepts, except for a `github.com/…` without a scheme. */
  readonly remote: string;
  /** The last part of the remote, without `.git`. */
  readonly shortName: string;
  /** Branch, tag or commit; empty for the default branch. */
  readonly ref: string;
  readonly subdir: string;
  /** The required commit, or its first digits. */
  readonly checksum: string;
  readonly keepGitDir: boolean | undefined;
  readonly submodules: boolean | undefined;
  readonly mtime: '' | 'checkout' | 'commit';
  readonly fetchByCommit: boolean;
  /** `github.com/x/y`: where a path is allowed, it counts as one. */
  readonly likeLocal: boolean;
}

/** A reference, or why it is none; `isGit`: it is one, but invalid. */
export type ParsedGit =
  | { readonly kind: 'git'; readonly reference: GitReference }
  | { readonly kind: 'fault'; readonly isGit: boolean; readonly message: string };

interface Remote {
  readonly remote: string;
  readonly path: string;
  readonly scheme: string;
  readonly fragment: string;
  readonly query: string;
}

const invalid: ParsedGit = { kind: 'fault', isGit: false, message: 'invalid argument' };
const unknown: ParsedGit = { kind: 'fault', isGit: false, message: 'unknown protocol' };

/** Recognises git repositories like BuildKit (its gitutil). Pure. */
export function parseGitReference(text: string): ParsedGit {
  if (/^\.\.?\//.test(text)) return invalid;
  const likeLocal = text.startsWith('github.com/');
  const remote = readRemote(likeLocal ? `https://${text}` : text);
  if (remote === undefined) return unknown;
  const { scheme, path } = remote;
  // A web address is a repository only with the right suffix.
  if (!likeLocal && (scheme === 'http' || scheme === 'https') && !path.endsWith('.git')) return invalid;
  const name = likeLocal ? remote.remote.replace(/^https:\/\//, '') : remote.remote;
  const at = remote.fragment.indexOf(':');
  const base = {
    remote: name,
    shortName: posix
      .basename(name)
      .replace(/^.*:/, '')
      .replace(/\.git$/, ''),
    ref: at < 0 ? remote.fragment : remote.fragment.slice(0, at),
    subdir: at < 0 ? '' : remote.fragment.slice(at + 1),
    checksum: '',
    keepGitDir: undefined,
    submodules: undefined,
    mtime: '' as const,
    fetchByCommit: false,
    likeLocal,
  };
  const reference = withQuery(base, new URLSearchParams(remote.query));
  return typeof reference === 'string'
    ? { kind: 'fault', isGit: true, message: reference }
    : { kind: 'git', reference };
}

/** `user@host:path`, the form of ssh. */
const scp = /^((?:[A-Za-z0-9_]+@)?[A-Za-z0-9.-]+:([^?#]*))(?:\?([^#]*))?(?:#(.*))?$/;

function readRemote(text: string): Remote | undefined {
  const [, scheme = ''] = /^([a-zA-Z0-9]+):\/\//.exec(text) ?? [];
  if (scheme !== '') {
    if (!['http', 'https', 'ssh', 'git'].includes(scheme)) return undefined;
    const [, remote = '', query = '', fragment = ''] = /^([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(text) ?? [];
    const path = remote.slice(scheme.length + 3).replace(/^[^/]*/, '');
    return { remote, path, scheme, query, fragment };
  }
  const [, remote, path = '', query = '', fragment = ''] = scp.exec(text) ?? [];
  if (remote === undefined || !remote.includes('@')) return undefined;
  return { remote, path, scheme: 'ssh', query, fragment };
}

const refQueries: Readonly<Record<string, string>> = { ref: '', tag: 'refs/tags/', branch: 'refs/heads/' };

/** The reference with its query applied, or what is wrong with the query. */
function withQuery(base: GitReference, query: URLSearchParams): GitReference | string {
  let found = base;
  const names = [...query.keys()];
  for (const [name, value] of query) {
    const prefix = refQueries[name];
    if (prefix !== undefined) {
      if (name === 'branch' && names.includes('tag')) return 'branch conflicts with tag';
      const ref = `${prefix}${value}`;
      if (found.ref !== '' && found.ref !== ref)
        return `ref conflicts: ${JSON.stringify(found.ref)} vs ${JSON.stringify(ref)}`;
      found = { ...found, ref };
      continue;
    }
    const next = withOption(found, name, value);
    if (typeof next === 'string') return next;
    found = next;
  }
  return found;
}

function withOption(found: GitReference, name: string, value: string): GitReference | string {
  const on = /^(?:|1|t|true)$/i.test(value) ? true : /^(?:0|f|false)$/i.test(value) ? false : undefined;
  const bad = `invalid ${name} value: ${JSON.stringify(value)}`;
  switch (name) {
    case 'subdir':
      if (found.subdir !== '' && found.subdir !== value)
        return `subdir conflicts: ${JSON.stringify(found.subdir)} vs ${JSON.stringify(value)}`;
      return { ...found, subdir: value };
    case 'checksum':
    case 'commit':
      return { ...found, checksum: value };
    case 'keep-git-dir':
      return on === undefined ? bad : { ...found, keepGitDir: on };
    case 'submodules':
      return on === undefined ? bad : { ...found, submodules: on };
    case 'fetch-by-commit':
      return on === undefined ? bad : { ...found, fetchByCommit: on };
    case 'mtime':
      if (value !== 'checkout' && value !== 'commit') return `${bad} (must be "checkout" or "commit")`;
      return { ...found, mtime: value };
    default:
      return `unexpected query ${JSON.stringify(name)}`;
  }
}
