import type { NodePlaces, YamlStream } from './document.ts';
import { parseDirectly } from './parse.ts';
import { NotHandled, YamlProblem } from './problem.ts';

/** The full parser holds about a hundred bytes a character; texts longer than this (code units) are not given to it. */
export const fullParserLimit = 1_500_000;

/** A parsed stream, and the parser that read it, to be run again when places of nodes are wanted. */
export interface Parsed {
  readonly stream: YamlStream;
  again(places: Map<object, NodePlaces>): YamlStream;
}

/**
 * Parses a YAML stream: directly where possible, else by the full parser, which is only loaded then.
 * @param text as `normalizeText` gives it; offsets in results count in it.
 * @throws YamlProblem
 */
export async function parseYaml(text: string): Promise<Parsed> {
  try {
    return { stream: parseDirectly(text), again: (places) => parseDirectly(text, places) };
  } catch (error) {
    if (!(error instanceof NotHandled)) throw error;
    if (text.length > fullParserLimit) {
      const size = (text.length / 1e6).toFixed(1);
      throw new YamlProblem(
        'too-large',
        `${error.message} is a mistake here, or is syntax that files of this size (${size} MB) can't use`,
        error.offset,
        'Correct the line, write it in plainer YAML, or split the file.',
      );
    }
  }
  const { parseFully } = await import('./parse-fully.ts');
  return { stream: parseFully(text), again: (places) => parseFully(text, places) };
}

/** Text with `\n` as the only line break, the form in which offsets count. */
export function normalizeText(source: string): string {
  return source.includes('\r') ? source.replace(/\r\n?/g, '\n') : source;
}
