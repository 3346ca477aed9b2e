import { heredocOf, heredocText } from '../dockerfile/heredoc.ts';
import type { Node } from '../dockerfile/node.ts';
import type { Command } from './types.ts';

/** The command of CMD, ENTRYPOINT and the like: JSON unchanged, other text for the shell. */
export const plainCommand = (node: Node): Command =>
  node.json ? { shell: false, words: node.args } : { shell: true, words: [node.args[0] ?? ''] };

/**
 * The command of RUN. If a heredoc is the whole command, it is the script; a script that begins with `#!` becomes a
 * file that the shell runs. Other commands include their heredocs in the text.
 */
export function runCommand(node: Node): Command {
  if (node.json || node.heredocs.length === 0) return plainCommand(node);
  const text = node.args[0] ?? '';
  const [doc] = node.heredocs;
  if (node.heredocs.length === 1 && heredocOf(text) !== undefined) {
    const content = heredocText(doc!);
    if (!content.startsWith('#!')) return { shell: true, words: [content] };
    return { shell: true, words: [`/dev/pipes/${doc!.name}`], script: { name: doc!.name, content } };
  }
  const documents = node.heredocs.map(({ content, name }) => `${content}${name}`);
  return { shell: true, words: [[text, ...documents].join('\n')] };
}
