/** A compose file in another place. */
export type RemoteReference =
  | { readonly kind: 'oci'; readonly image: string }
  | {
      readonly kind: 'git';
      /** In the form that `git` accepts. */
      readonly remote: string;
      /** Branch, tag or commit; `HEAD` when none is named. */
      readonly ref: string;
      /** Directory or file inside it; empty for the top. */
      readonly subdir: string;
      /** Last part of the remote, without `.git`. */
      readonly name: string;
    };

const scp = /^[\w.-]+@[\w.-]+:/;

/**
 * Reads `oci://REFERENCE` and the forms of git references that BuildKit knows: `https://host/repo.git#ref:subdir`,
 * `git@host:repo#…`, `ssh://…`, `git://…`, `github.com/owner/repo#…`, and `?ref=…&subdir=…`. Undefined for anything
 * else: a path, or an address that is not a repository's. Pure.
 */
export function parseRemote(text: string): RemoteReference | undefined {
  if (text.startsWith('oci://')) return { kind: 'oci', image: text.slice('oci://'.length) };
  const [before = '', fragment = ''] = splitAt(text, '#');
  const [address = '', query = ''] = splitAt(before, '?');
  const remote = address.startsWith('github.com/') ? `https://${address}` : address;
  const isHttp = /^https?:\/\//.test(remote);
  const isGit = /^(?:git|ssh):\/\//.test(remote) || scp.test(remote);
  const hubRepository = /^https?:\/\/github\.com\/[^/]+\/[^/]+\/?$/.test(remote);
  if (!isGit && !(isHttp && (/\.git$/.test(remote) || hubRepository))) return undefined;
  const [ref = '', subdir = ''] = splitAt(fragment, ':');
  const named = new URLSearchParams(query);
  return {
    kind: 'git',
    remote,
    ref: named.get('ref') ?? named.get('tag') ?? named.get('branch') ?? (ref === '' ? 'HEAD' : ref),
    subdir: named.get('subdir') ?? subdir,
    name: (remote.replace(/\/+$/, '').split(/[/:]/).at(-1) ?? '').replace(/\.git$/, '') || 'project',
  };
}

function splitAt(text: string, mark: string): readonly [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
