/** Lines of the Dockerfile, both counted from 1. */
export interface LineRange {
  readonly start: number;
  readonly end: number;
}

/** A document that follows an instruction: `<<NAME`. */
export interface Heredoc {
  readonly name: string;
  /** The number before `<<`; 0 when there is none. */
  readonly fd: number | bigint;
  /** Variables of the content are expanded: no part of the name is quoted. */
  readonly expand: boolean;
  /** Leading tabs are taken off each line: `<<-`. */
  readonly chomp: boolean;
  readonly content: string;
}

/** One instruction as it is written, its parts taken apart but not understood. */
export interface Node extends LineRange {
  /** The first word, in the case it is written in. */
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
  /** ONBUILD: the instruction that is kept for later. */
  readonly trigger?: Node;
}

/** A Dockerfile taken apart. */
export interface ParsedDockerfile {
  /** Name for messages. */
  readonly file: string;
  readonly lines: readonly string[];
  readonly escapeToken: string;
  readonly nodes: readonly Node[];
  /** Instructions whose continuation has a blank line: the joined line and where. */
  readonly emptyContinuations: readonly { readonly original: string; readonly range: LineRange }[];
}
