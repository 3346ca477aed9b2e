import type { Heredoc, LineRange, Node } from '../dockerfile/node.ts';

/** A command: separate words, or one text for the stage's shell. */
export interface Command {
  readonly shell: boolean;
  readonly words: readonly string[];
  /** A script that is at /dev/pipes/<name> while the command runs. */
  readonly script?: { readonly name: string; readonly content: string };
}

/** `NAME` or `NAME=value` of ARG, before the value is expanded. */
export interface Argument {
  readonly name: string;
  readonly value: string | undefined;
}

export interface Pair {
  readonly name: string;
  readonly value: string;
  /** Written as `NAME value`. */
  readonly legacy: boolean;
}

export interface FromInstruction {
  readonly kind: 'from';
  readonly image: string;
  readonly platform: string | undefined;
  /** As written; stage names are compared in lower case. */
  readonly name: string | undefined;
  /** The word between image and name, as written. */
  readonly as: string | undefined;
}

export interface CopyInstruction {
  readonly kind: 'copy' | 'add';
  readonly sources: readonly string[];
  /** Heredocs among the sources, by the word that refers to them. */
  readonly documents: readonly { readonly word: string; readonly heredoc: Heredoc }[];
  readonly destination: string;
  readonly from: string | undefined;
  readonly chown: string | undefined;
  readonly chmod: string | undefined;
  readonly link: boolean;
  readonly parents: boolean;
  readonly excludes: readonly string[];
  readonly checksum: string | undefined;
  readonly keepGitDir: boolean;
  readonly unpack: boolean | undefined;
}

export interface RunInstruction {
  readonly kind: 'run';
  readonly command: Command;
  /** Values of `--mount`, before expansion. */
  readonly mounts: readonly string[];
  readonly network: string | undefined;
  readonly security: string | undefined;
  readonly devices: readonly string[];
}

export interface Healthcheck {
  readonly Test: readonly string[];
  readonly Interval?: number;
  readonly Timeout?: number;
  readonly StartPeriod?: number;
  readonly StartInterval?: number;
  readonly Retries?: number;
}

export interface WorkdirInstruction {
  readonly kind: 'workdir';
  readonly value: string;
}

/** The meaning of an instruction, before variables are expanded. */
export type Meaning =
  | FromInstruction
  | CopyInstruction
  | RunInstruction
  | { readonly kind: 'arg'; readonly args: readonly Argument[] }
  | { readonly kind: 'env' | 'label'; readonly pairs: readonly Pair[] }
  | { readonly kind: 'cmd' | 'entrypoint'; readonly command: Command; readonly cleared: boolean }
  | WorkdirInstruction
  | { readonly kind: 'user' | 'stopsignal' | 'maintainer'; readonly value: string }
  | { readonly kind: 'expose' | 'volume' | 'shell'; readonly values: readonly string[] }
  | { readonly kind: 'healthcheck'; readonly check: Healthcheck }
  | { readonly kind: 'onbuild'; readonly text: string };

/** An instruction with its place. */
export type Instruction<M extends Meaning = Meaning> = M & {
  /** In capitals. */
  readonly keyword: string;
  readonly node: Node;
  readonly range: LineRange;
};

/** A stage: its FROM and the instructions after it. */
export interface Stage {
  readonly index: number;
  /** In lower case; undefined for one without a name. */
  readonly name: string | undefined;
  readonly from: Instruction<FromInstruction>;
  readonly instructions: readonly Instruction[];
}

/** A Dockerfile with interpreted instructions. */
export interface Dockerfile {
  readonly file: string;
  readonly lines: readonly string[];
  readonly escapeToken: string;
  /** ARGs before the first FROM. */
  readonly globals: readonly Instruction<{ kind: 'arg'; args: readonly Argument[] }>[];
  readonly stages: readonly Stage[];
}
