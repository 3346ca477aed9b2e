import type { CliContext } from '../context.ts';

/** What a flag takes. `boolean` flags also accept `--flag=true|false`; `strings` may be given several times. */
type FlagType = 'boolean' | 'string' | 'strings' | 'number';

/** One flag of a command, long name without its dashes. */
export interface FlagSpec {
  readonly name: string;
  /** A single letter, without its dash. */
  readonly short?: string;
  readonly type: FlagType;
  /** Other long names with the same meaning. */
  readonly aliases?: readonly string[];
  /** Placeholder shown by `--help`, e.g. `SECONDS`. */
  readonly value?: string;
  /** The value when the flag is given without one (`--menu`), for a `string` flag whose value is optional. */
  readonly optional?: string;
  /** Closed set of values; anything else is a usage error that lists them. */
  readonly choices?: readonly string[];
  readonly summary: string;
  /** Accepted, but not listed by `--help`. */
  readonly hidden?: boolean;
}

/** The form of a command line: its flags and how many positional arguments it takes. */
export interface ArgsSpec {
  readonly flags: readonly FlagSpec[];
  /** Shown after the command's name, for example `[SERVICE...]`. */
  readonly usage?: string;
  readonly min?: number;
  /** Default: unlimited. */
  readonly max?: number;
  /**
   * Flags end after this many positional arguments; the rest is the container's command line (`exec SERVICE CMD ARGS`:
   * 1 keeps every argument after SERVICE untouched).
   */
  readonly passThroughAfter?: number;
}

/** A parsed command line. A flag that was not given is absent from `flags`. */
export interface ParsedArgs {
  readonly flags: Readonly<Record<string, boolean | string | number | readonly string[]>>;
  readonly positional: readonly string[];
}

/**
 * One command, exported as `command` by its own file and imported only when it is needed. `run` returns the process's
 * exit code (nothing means 0) and throws TcomposeError for errors to report to the user.
 */
export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly args: ArgsSpec;
  run(args: ParsedArgs, ctx: CliContext): Promise<number | undefined> | number | undefined;
}

/** An entry of the command table: the summary for `--help`, and how to load the command. */
export interface CommandEntry {
  readonly summary: string;
  readonly hidden?: boolean;
  readonly load: () => Promise<{ readonly command: Command }>;
}

/** A named group of commands (`tcompose image ls`). */
export interface CommandGroup {
  readonly summary: string;
  readonly hidden?: boolean;
  /** Flags that all its commands accept, before or after their name. `--version` means the command `version`. */
  readonly flags?: readonly FlagSpec[];
  readonly commands: Readonly<Record<string, CommandEntry>>;
}

/** Whether an entry of the table is a group of commands. */
export const isGroup = (entry: CommandEntry | CommandGroup): entry is CommandGroup => 'commands' in entry;

/** Typed access to parsed flags: returns the value, or the fallback when the flag was not given. */
export const flag = {
  bool: (args: ParsedArgs, name: string, fallback = false): boolean =>
    (args.flags[name] as boolean | undefined) ?? fallback,
  str: (args: ParsedArgs, name: string): string | undefined => args.flags[name] as string | undefined,
  num: (args: ParsedArgs, name: string): number | undefined => args.flags[name] as number | undefined,
  list: (args: ParsedArgs, name: string): readonly string[] =>
    (args.flags[name] as readonly string[] | undefined) ?? [],
};
