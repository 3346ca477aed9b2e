import { expand } from '../expand/expand.ts';
import type { Heredoc } from './node.ts';

const nothing = { get: () => undefined };
const form = /^(\d*)<<(-?)\s*([^<]*)$/;
/** The value that Go gives to a number that is too large. */
const largest = 0xffff_ffff_ffff_ffffn;

/**
 * The heredoc that a word introduces, with its content still empty; undefined for other words.
 * @throws TcomposeError BUILD_EXPANSION for an unclosed quote
 */
export function heredocOf(word: string): Heredoc | undefined {
  const [, fd = '', dash = '', rest = ''] = form.exec(word) ?? [];
  if (rest === '') return undefined;
  const raw = expand(rest, nothing, { rawQuotes: true, skipUnsetEnv: true });
  const plain = expand(rest, nothing, { skipUnsetEnv: true });
  if (plain.words.length !== 1) return undefined;
  const number = fd === '' ? 0n : BigInt(fd);
  return {
    name: plain.words[0]!,
    fd: number > largest ? largest : number <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(number) : number,
    expand: raw.result === plain.result,
    chomp: dash !== '',
    content: '',
  };
}

/** The heredocs that a line introduces, in order. */
export function heredocsOfLine(line: string): readonly Heredoc[] {
  return wordsOf(line).flatMap((word) => heredocOf(word) ?? []);
}

/** Words with their quotes and escapes; a line that is not valid shell syntax has no heredocs. */
function wordsOf(line: string): readonly string[] {
  try {
    return expand(line, nothing, { rawQuotes: true, rawEscapes: true, skipUnsetEnv: true }).words;
  } catch {
    return [];
  }
}

/** The content that the instruction uses: for `<<-` without leading tabs. */
export const heredocText = (doc: Heredoc): string =>
  doc.chomp ? doc.content.replace(/^\t+/gm, '') : doc.content;
