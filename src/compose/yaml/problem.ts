/** What is wrong with a YAML text, at an offset into it. Becomes a TcomposeError once the file is known. */
export class YamlProblem extends Error {
  override readonly name = 'YamlProblem';
  readonly kind: 'syntax' | 'duplicate-key' | 'key-type' | 'alias' | 'too-deep' | 'too-large';
  /** UTF-16 code units from the start of the text. */
  readonly offset: number;
  readonly hint: string | undefined;

  constructor(kind: YamlProblem['kind'], message: string, offset: number, hint?: string) {
    super(message);
    this.kind = kind;
    this.offset = offset;
    this.hint = hint;
  }
}

/**
 * Thrown when the direct parser makes no decision: for rare syntax, or a mistake that the full parser explains better.
 * It only means that the full parser must be used.
 */
export class NotHandled extends Error {
  override readonly name = 'NotHandled';
  readonly offset: number;

  constructor(what: string, offset: number) {
    super(what);
    this.offset = offset;
  }
}

/** Most levels of nesting in a document; compose files need a dozen, and every later phase recurses. */
export const maxDepth = 200;

/**
 * Values that aliases may add to a document: enough for fragments that thousands of services share, but not for
 * fragments that multiply each other.
 * @param length of the text, UTF-16 code units.
 */
export function aliasBudget(length: number): number {
  return Math.min(Math.max(100_000, 2 * length), 2_000_000);
}

/** Most keys of one mapping, and documents of one file: beyond that the later phases would take seconds. */
const maxKeys = 100_000;
const maxDocuments = 10_000;

/** @throws YamlProblem when a mapping that has `count` keys may not have more. */
export function checkKeyCount(count: number, offset: number): void {
  if (count < maxKeys) return;
  throw new YamlProblem('too-large', `more than ${maxKeys} keys in one mapping`, offset);
}

/** @throws YamlProblem when a stream that has `count` documents may not have more. */
export function checkDocumentCount(count: number, offset: number): void {
  if (count < maxDocuments) return;
  throw new YamlProblem('too-large', `more than ${maxDocuments} documents in one file`, offset);
}
