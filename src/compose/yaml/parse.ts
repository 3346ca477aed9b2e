import { readBlockNode } from './block.ts';
import type { NodePlaces, YamlDocument, YamlStream } from './document.ts';
import { checkDocumentCount, NotHandled, YamlProblem } from './problem.ts';
import {
  char,
  createScanner,
  expectLineEnd,
  isDocumentMarker,
  nextContent,
  type Scanner,
} from './scanner.ts';

const unprintable = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/;

/**
 * Parses a YAML stream directly into plain data, an order of magnitude faster than through a syntax tree. It covers
 * what people usually write; rarer syntax and most mistakes throw NotHandled, and the full parser must be used
 * (`parseYaml` does that). What it accepts it reads exactly like the full parser.
 * @param text with `\n` as the only line break.
 * @param places if given, filled with the places of all collections' members.
 * @throws YamlProblem for what no parser could accept, NotHandled otherwise.
 */
export function parseDirectly(text: string, places?: Map<object, NodePlaces>): YamlStream {
  const bad = unprintable.exec(text);
  if (bad !== null) {
    throw new YamlProblem(
      'syntax',
      'control characters are not allowed',
      bad.index,
      'Save the file as plain UTF-8 text.',
    );
  }
  const scanner = createScanner(text, places);
  const documents: YamlDocument[] = [];
  let explicit = false;
  for (;;) {
    const document = readDocument(scanner, explicit);
    if (document !== undefined) {
      checkDocumentCount(documents.length, document.start);
      documents.push(document);
    }
    const next = skipMarkers(scanner);
    if (next === 'end') return { documents, unknownTags: scanner.unknownTags, mistakes: scanner.mistakes };
    explicit = true;
  }
}

function readDocument(scanner: Scanner, explicit: boolean): YamlDocument | undefined {
  const { text } = scanner;
  scanner.anchors.clear();
  scanner.marked = false;
  if (!explicit && text.charCodeAt(scanner.pos) === char.percent)
    throw new NotHandled('a directive', scanner.pos);
  const column = nextContent(scanner);
  const start = scanner.pos;
  if (column < 0) return explicit ? { value: null, marked: false, start } : undefined;
  if (text.charCodeAt(scanner.pos) === char.percent && column === 0) {
    throw new NotHandled('a directive', scanner.pos);
  }
  const value = readBlockNode(scanner, -1);
  if (nextContent(scanner) >= 0) throw new NotHandled('text after the document', scanner.pos);
  return { value, marked: scanner.marked, start };
}

/** Skips `...` and one `---`; returns whether another document follows. */
function skipMarkers(scanner: Scanner): 'document' | 'end' {
  const { text } = scanner;
  for (;;) {
    if (nextContent(scanner) >= 0) throw new NotHandled('text between documents', scanner.pos);
    if (scanner.pos >= text.length) return 'end';
    if (!isDocumentMarker(text, scanner.pos)) throw new NotHandled('text between documents', scanner.pos);
    const dashes = text.charCodeAt(scanner.pos) === char.dash;
    scanner.pos += 3;
    expectLineEnd(scanner);
    if (dashes) return 'document';
  }
}
