import { faultAt, placed, type SourceText } from '../dockerfile/fault.ts';
import type { LineRange } from '../dockerfile/node.ts';
import { type ExpandOptions, expand } from '../expand/expand.ts';
import { suggested } from '../suggest.ts';
import type { BuildOptions } from './options.ts';
import type { BuildConfig, HistoryEntry, StepId, Tree, Warning } from './types.ts';

export const defaultPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The state of a stage after some of its instructions; a stage based on it starts with that. */
export interface StageState {
  readonly tree: Tree;
  readonly image: StepId | undefined;
  readonly config: BuildConfig;
  readonly author: string | undefined;
  readonly history: readonly HistoryEntry[];
  /** Variables in order of appearance: those of the configuration and ARGs. */
  readonly variables: ReadonlyMap<string, string>;
  /** Names of the declared ARGs, in order. */
  readonly args: readonly string[];
  readonly workdirSet: boolean;
}

/** A stage while its instructions are processed. */
export class StageDraft {
  tree: Tree;
  readonly image: StepId | undefined;
  config: BuildConfig;
  author: string | undefined;
  readonly history: HistoryEntry[];
  readonly variables: Map<string, string>;
  readonly args: string[];
  workdirSet: boolean;
  /** CMD was given in this stage: a later ENTRYPOINT does not reset it. */
  cmdSet = false;
  readonly source: SourceText;
  readonly options: BuildOptions;
  readonly #escapeToken: string;
  readonly #warnings: Warning[];

  constructor(
    state: StageState,
    about: {
      readonly source: SourceText;
      readonly escapeToken: string;
      readonly options: BuildOptions;
      readonly warnings: Warning[];
    },
  ) {
    this.tree = state.tree;
    this.image = state.image;
    this.config = state.config;
    this.author = state.author;
    this.history = [...state.history];
    this.variables = new Map(state.variables);
    this.args = [...state.args];
    this.workdirSet = state.workdirSet;
    this.source = about.source;
    this.options = about.options;
    this.#escapeToken = about.escapeToken;
    this.#warnings = about.warnings;
  }

  get state(): StageState {
    const { tree, image, config, author, history, variables, args, workdirSet } = this;
    return { tree, image, config, author, history, variables, args, workdirSet };
  }

  /** `/` unless the image or a WORKDIR sets it. */
  get directory(): string {
    return this.config.WorkingDir || '/';
  }

  get shell(): readonly string[] {
    const { Shell } = this.config;
    return Shell === undefined || Shell.length === 0 ? ['/bin/sh', '-c'] : Shell;
  }

  /** ARGs declared so far, with the values that RUN sees. */
  get declared(): readonly (readonly [string, string])[] {
    return this.args.map((name) => [name, this.variables.get(name) ?? '']);
  }

  warn(rule: string, range: LineRange, message: string): void {
    this.#warnings.push({ rule, message, range });
  }

  fail(range: LineRange, message: string) {
    return faultAt(this.source, range, message);
  }

  /** The text with its variables, quotes and escapes resolved. @throws TcomposeError BUILD_EXPANSION */
  expand(text: string, range: LineRange, options: ExpandOptions = {}): string {
    return this.#expanded(text, range, options).result;
  }

  /** Like `expand`, split into words. */
  words(text: string, range: LineRange): readonly string[] {
    return placed(this.source, range, () => expand(text, this.variables, { escapeToken: this.#escapeToken }))
      .words;
  }

  /** The text for a step's name, expanded as far as possible; variables in `hidden` are shown as `****`. */
  shown(text: string, options: ExpandOptions, hidden: readonly string[] = []): string {
    const variables = { get: (name: string) => (hidden.includes(name) ? '****' : this.variables.get(name)) };
    try {
      return expand(text, variables, { escapeToken: this.#escapeToken, ...options }).result;
    } catch {
      return text;
    }
  }

  setVariable(name: string, value: string): void {
    this.variables.set(name, value);
  }

  /** Adds a history entry about the configuration. */
  note(createdBy: string): void {
    this.history.push({ createdBy, step: undefined });
  }

  #expanded(text: string, range: LineRange, options: ExpandOptions) {
    const expanded = placed(this.source, range, () =>
      expand(text, this.variables, { escapeToken: this.#escapeToken, ...options }),
    );
    for (const name of expanded.unmatched) {
      const close = suggested(name, this.variables.keys(), false);
      const meant = close === undefined ? '' : ` (did you mean $${close}?)`;
      if (!this.args.includes(name))
        this.warn('UndefinedVar', range, `Usage of undefined variable '$${name}'${meant}`);
    }
    return expanded;
  }
}
