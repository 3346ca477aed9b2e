import { goQuote } from '../go-quote.ts';
import { fault } from './fault.ts';
import { jsonForm } from './json-form.ts';
import { blanks, shellWords } from './words.ts';

/** Arguments of an instruction, in the form that its keyword requires. */
export interface Arguments {
  readonly args: readonly string[];
  readonly json: boolean;
}

type Shape = (rest: string, escapeToken: string, keyword: string) => Arguments;

const plain = (args: readonly string[]): Arguments => ({ args, json: false });
const wordsOf = (rest: string): readonly string[] => (rest === '' ? [] : rest.split(blanks));

const text: Shape = (rest) => plain(rest === '' ? [] : [rest]);
const words: Shape = (rest) => plain(wordsOf(rest));
const jsonOr =
  (other: Shape): Shape =>
  (rest, escapeToken, keyword) => {
    const args = jsonForm(rest);
    return args === undefined ? other(rest, escapeToken, keyword) : { args, json: true };
  };
const jsonOrText = jsonOr(text);

const pairs: Shape = (rest, escapeToken, keyword) => {
  const found = shellWords(rest, escapeToken);
  if (found.length === 0) return plain([]);
  if (!found[0]!.includes('=')) {
    const gap = blanks.exec(rest);
    if (gap === null) throw fault(`${keyword} must have two arguments`);
    return plain([rest.slice(0, gap.index), rest.slice(gap.index + gap[0].length), '']);
  }
  return plain(
    found.flatMap((word) => {
      const at = word.indexOf('=');
      if (at < 0)
        throw fault(`Syntax error - can't find = in ${goQuote(word)}. Must be of the form: name=value`);
      return [word.slice(0, at), word.slice(at + 1), '='];
    }),
  );
};

const health: Shape = (rest, escapeToken, keyword) => {
  if (rest === '') return plain([]);
  const [, kind = '', command = ''] = /^(\S+)\s*([\s\S]*)$/u.exec(rest) ?? [];
  const { args, json } = jsonOrText(command, escapeToken, keyword);
  return { args: [kind, ...args], json };
};

const shapes: Readonly<Record<string, Shape>> = {
  ADD: jsonOr(words),
  ARG: (rest, escapeToken) => plain(shellWords(rest, escapeToken)),
  CMD: jsonOrText,
  COPY: jsonOr(words),
  ENTRYPOINT: jsonOrText,
  ENV: pairs,
  EXPOSE: words,
  FROM: words,
  HEALTHCHECK: health,
  LABEL: pairs,
  MAINTAINER: text,
  RUN: jsonOrText,
  SHELL: jsonOrText,
  STOPSIGNAL: text,
  USER: text,
  VOLUME: jsonOr(words),
  WORKDIR: text,
};

/** All instructions including ONBUILD, in capitals. */
export const keywords: readonly string[] = [...Object.keys(shapes), 'ONBUILD'].sort();

/**
 * Parses the rest of a line; for an unknown keyword the result is one empty argument.
 * @throws TcomposeError BUILD_DOCKERFILE without a place
 */
export function readArguments(keyword: string, rest: string, escapeToken: string): Arguments {
  const shape = shapes[keyword.toUpperCase()];
  return shape === undefined ? plain(['']) : shape(rest, escapeToken, keyword.toUpperCase());
}
