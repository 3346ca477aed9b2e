import type { CliContext } from '../context.ts';

/** What a flag takes. `boolean` flags also accept `--flag=true|false`; `strings` may be given several times. */
type FlagType = 'boolean' | 'string' | 'strings' | 'number';

/** One flag of a command, long name without its dashes. */
export interface FlagSpec {
  readonly name: string;
  /** One letter, without its dash. */
  readonly short?: string;
  readonly type: FlagType;
  /** Other long spellings that mean the same. */
  readonly aliases?: readonly string[];
  /** Placeholder shown by `--help`, e.g. `SECONDS`. */
  readonly value?: string;
  /** A value taken when the flag stands alone (`--menu`), for a `string` flag whose value is optional. */
  readonly optional?: string;
  /** Closed set of values; anything else is a usage error that lists them. */
  readonly choices?: readonly string[];
  readonly summary: string;
  /** Accepted, not listed by `--help`. */
  readonly hidden?: boolean;
}

/** The shape of a command line: its flags and how many plain arguments it takes. */
export interface ArgsSpec {
  readonly flags: readonly FlagSpec[];
  /** Shown after the command's name, e.g. `[SERVICE...]`. */
  readonly usage?: string;
  readonly min?: number;
  /** Default: unlimited. */
  readonly max?: number;
  /**
   * Flags end at this many plain arguments; whatever follows is the container's command line (`exec SERVICE CMD ARGS`: 1
   * keeps every argument after SERVICE untouched).
   */
  readonly passThroughAfter?: number;
}

/** A parsed command line. A flag that was not given is absent from `flags`. */
export interface ParsedArgs {
  readonly flags: Readonly<Record<string, boolean | string | number | readonly string[]>>;
  readonly positional: readonly string[];
}

/**
 * One command, exported as `command` by its own file and imported only when it is the one asked for. `run` returns the
 * process's exit code (nothing means 0) and throws TcomposeError for what the user must hear about.
 */
export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly args: ArgsSpec;
  run(args: ParsedArgs, ctx: CliContext): Promise<number | undefined> | number | undefined;
}

/** An entry of the command table: the summary for `--help` and how to get the command itself. */
export interface CommandEntry {
  readonly summary: string;
  readonly hidden?: boolean;
  readonly load: () => Promise<{ readonly command: Command }>;
}

/** A named group of commands (`tcompose image ls`). */
export interface CommandGroup {
  readonly summary: string;
  readonly hidden?: boolean;
  /** Flags that all its commands take, before or after their name. `--version` stands for the command `version`. */
  readonly flags?: readonly FlagSpec[];
  readonly commands: Readonly<Record<string, CommandEntry>>;
}

/** Whether an entry of the table is a group of commands. */
export const isGroup = (entry: CommandEntry | CommandGroup): entry is CommandGroup => 'commands' in entry;

/** Typed reads of parsed flags; each gives the value, or the fallback when the flag was not given. */
export const flag = {
  bool: (args: ParsedArgs, name: string, fallback = false): boolean =>
    (args.flags[name] as boolean | undefined) ?? fallback,
  str: (args: ParsedArgs, name: string): string | undefined => args.flags[name] as string | undefined,
  num: (args: ParsedArgs, name: string): number | undefined => args.flags[name] as number | undefined,
  list: (args: ParsedArgs, name: string): readonly string[] =>
    (args.flags[name] as readonly string[] | undefined) ?? [],
};
