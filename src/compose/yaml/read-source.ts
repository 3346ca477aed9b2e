import type { ErrorCode } from '../../error-codes.ts';
import { TcomposeError } from '../../errors.ts';
import type { Warning } from '../warning.ts';
import type { NodePlaces, YamlStream } from './document.ts';
import { type LocatedDocument, placeAt } from './locate.ts';
import { normalizeText, type Parsed, parseYaml } from './parse-yaml.ts';
import { YamlProblem } from './problem.ts';

/** A compose file's text and data; keeps what is needed to find the place of any node again. */
export interface Source {
  readonly file: string;
  readonly text: string;
  readonly stream: YamlStream;
  /** Duplicate keys, and keys that are not strings. */
  readonly mistakes: readonly TcomposeError[];
  /** Documents with places, from a second parse on first use. */
  located(): readonly LocatedDocument[];
}

const codes: Readonly<Record<YamlProblem['kind'], ErrorCode>> = {
  syntax: 'COMPOSE_YAML',
  'duplicate-key': 'COMPOSE_DUPLICATE_KEY',
  'key-type': 'COMPOSE_YAML',
  alias: 'COMPOSE_YAML',
  'too-deep': 'COMPOSE_TOO_LARGE',
  'too-large': 'COMPOSE_TOO_LARGE',
};

/** Most bytes of a compose file: far more than any real one, and limited by the memory of a load. */
const maxFileSize = 20_000_000;

/**
 * Parses a compose file.
 * @param bytes UTF-8, or UTF-16 with a byte order mark.
 * @throws TcomposeError with the place of the mistake.
 */
export async function readSource(
  file: string,
  bytes: Uint8Array,
  warn: (warning: Warning) => void,
): Promise<Source> {
  if (bytes.length > maxFileSize) {
    throw new TcomposeError(
      'COMPOSE_TOO_LARGE',
      `${file}: ${(bytes.length / 1e6).toFixed(1)} MB are too much for a compose file`,
      { hint: `Split it: up to ${maxFileSize / 1e6} MB a file are read.` },
    );
  }
  const text = normalizeText(decode(file, bytes));
  let parsed: Parsed;
  try {
    parsed = await parseYaml(text);
  } catch (error) {
    if (!(error instanceof YamlProblem)) throw error;
    throw errorAt(file, text, error);
  }
  for (const { tag, offset } of parsed.stream.unknownTags) {
    warn({
      message: `the tag ${tag} has no meaning here and is ignored`,
      where: placeAt(file, text, offset),
    });
  }
  const mistakes = parsed.stream.mistakes.map((problem) => errorAt(file, text, problem));
  return { file, text, stream: parsed.stream, mistakes, located: locator(parsed) };
}

const errorAt = (file: string, text: string, { kind, message, offset, hint }: YamlProblem): TcomposeError =>
  new TcomposeError(codes[kind], message, {
    where: placeAt(file, text, offset),
    ...(hint === undefined ? {} : { hint }),
  });

function locator(parsed: Parsed): Source['located'] {
  let documents: readonly LocatedDocument[] | undefined;
  return () => {
    if (documents === undefined) {
      const places = new Map<object, NodePlaces>();
      documents = parsed.again(places).documents.map(({ value, start }) => ({ value, start, places }));
    }
    return documents;
  };
}

function decode(file: string, bytes: Uint8Array): string {
  const mark = bytes.length >= 2 ? ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0) : 0;
  const encoding = mark === 0xfffe ? 'utf-16le' : mark === 0xfeff ? 'utf-16be' : 'utf-8';
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new TcomposeError('COMPOSE_YAML', `${file}: not a text file in UTF-8`, {
      cause,
      hint: 'Save it as plain UTF-8 text.',
    });
  }
}
