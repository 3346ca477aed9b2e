import type { NodePlaces, YamlStream } from './document.ts';
import { parseDirectly } from './parse.ts';
import { NotHandled, YamlProblem } from './problem.ts';

/** The full parser holds about a hundred bytes a character; texts longer than this (code units) are not given to it. */
export const fullParserLimit = 1_500_000;

/**
 * Parses a YAML stream: directly where possible, else by the full parser, which is only loaded then.
 * @param text as `normalizeText` gives it; offsets in results count in it.
 * @throws YamlProblem
 */
export async function parseYaml(text: string, places?: Map<object, NodePlaces>): Promise<YamlStream> {
  try {
    return parseDirectly(text, places);
  } catch (error) {
    if (!(error instanceof NotHandled)) throw error;
    if (text.length > fullParserLimit) {
      throw new YamlProblem(
        'too-large',
        `${error.message} is a mistake here, or is syntax that files of this size (${(text.length / 1e6).toFixed(1)} MB) can't use`,
        error.offset,
        'Correct the line, write it in plainer YAML, or split the file.',
      );
    }
  }
  places?.clear();
  const { parseFully } = await import('./parse-fully.ts');
  return parseFully(text, places);
}

/** Text with `\n` as the only line break, the form in which offsets count. */
export function normalizeText(source: string): string {
  return source.includes('\r') ? source.replace(/\r\n?/g, '\n') : source;
}
