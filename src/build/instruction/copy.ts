import { fault } from '../dockerfile/fault.ts';
import { heredocOf } from '../dockerfile/heredoc.ts';
import type { Node } from '../dockerfile/node.ts';
import type { Flags } from './flags.ts';
import type { CopyInstruction } from './types.ts';

/** @throws TcomposeError BUILD_DOCKERFILE */
export function readCopy(kind: 'copy' | 'add', node: Node, flags: Flags): CopyInstruction {
  const keyword = kind.toUpperCase();
  if (node.args.length < 2)
    throw fault(
      `${keyword} requires at least two arguments, but only one was provided. Destination could not be determined`,
    );
  const words = node.args.slice(0, -1);
  const destination = node.args.at(-1)!;
  const isDocument = (word: string) => !node.json && heredocOf(word) !== undefined;
  if (isDocument(destination)) throw fault(`${keyword} cannot accept a heredoc as a destination`);
  const documents = words.filter(isDocument).flatMap((word, at) => {
    const heredoc = node.heredocs[at];
    return heredoc === undefined ? [] : [{ word, heredoc }];
  });
  return {
    kind,
    sources: words.filter((word) => !isDocument(word)),
    documents,
    destination,
    from: flags.text('from') || undefined,
    chown: flags.text('chown'),
    chmod: flags.text('chmod'),
    link: flags.switched('link') ?? false,
    parents: flags.switched('parents') ?? false,
    excludes: flags.list('exclude'),
    checksum: flags.text('checksum'),
    keepGitDir: flags.switched('keep-git-dir') ?? false,
    unpack: flags.switched('unpack'),
  };
}
