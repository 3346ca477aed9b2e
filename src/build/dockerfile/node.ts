/** Lines of the Dockerfile, both counted from 1. */
export interface LineRange {
  readonly start: number;
  readonly end: number;
}

/** A document that follows an instruction: `<<NAME`. */
export interface Heredoc {
  readonly name: string;
  /** The number before `<<`; 0 if there is none. */
  readonly fd: number | bigint;
  /** Variables in the content are expanded: no part of the name is quoted. */
  readonly expand: boolean;
  /** Leading tabs are removed from each line: `<<-`. */
  readonly chomp: boolean;
  readonly content: string;
}

/** One instruction as written, split into parts but not interpreted. */
export interface Node extends LineRange {
  /** The first word, in its original case. */
  readonly keyword: string;
  readonly flags: readonly string[];
  /** ENV and LABEL: triples of name, value and separator (`=`, or empty in the old form). */
  readonly args: readonly string[];
  /** The arguments are written as a JSON array. */
  readonly json: boolean;
  readonly heredocs: readonly Heredoc[];
  /** Text of the comments right above. */
  readonly comments: readonly string[];
  /** The joined line, without heredocs. */
  readonly original: string;
  /** ONBUILD: the instruction that is stored for later. */
  readonly trigger?: Node;
}

/** A parsed Dockerfile. */
export interface ParsedDockerfile {
  /** Name for messages. */
  readonly file: string;
  readonly lines: readonly string[];
  readonly escapeToken: string;
  readonly nodes: readonly Node[];
  /** Instructions with a blank line in their continuation: the joined line and its place. */
  readonly emptyContinuations: readonly { readonly original: string; readonly range: LineRange }[];
}
