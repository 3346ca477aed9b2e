import { composeWords } from '../../compose-words.ts';
import { TcomposeError } from '../../errors.ts';
import { nearest } from '../../nearest.ts';
import type { ArgsSpec, FlagSpec, ParsedArgs } from './command.ts';

type FlagValue = boolean | string | number | string[];

interface ParseOptions {
  /** Name shown in messages, for example `tcompose up`. */
  readonly commandPath: string;
  /** Stop at the first positional argument and return the rest untouched (for global flags before a command). */
  readonly stopAtPositional?: boolean;
  /** Global flags, which belong before the command: the hint names them when one comes after it. */
  readonly before?: readonly FlagSpec[];
}

const usageError = (commandPath: string, message: string, hint?: string) =>
  new TcomposeError('CLI_USAGE', message, {
    hint: hint ?? `See \`${commandPath} --help\`.`,
  });

/** The correct spelling for a global flag that was given after the command. */
function placeBefore(
  given: (flag: FlagSpec) => boolean,
  { commandPath, before }: ParseOptions,
): string | undefined {
  const flag = before?.find(given);
  if (flag === undefined) return undefined;
  const [program = '', ...command] = commandPath.split(' ');
  const shown = `--${flag.name}${flag.value === undefined ? '' : ` ${flag.value}`}`;
  return `--${flag.name} goes before the command: \`${[program, shown, ...command].join(' ')}\`.`;
}

/**
 * Parses a command line the way POSIX utilities and pflag do: flags anywhere, `--name value`, `--name=value`, `-n
 * value`, `-nvalue`, bundled short flags (`-dt 5`), booleans with `=true|false`; `--` ends the flags.
 * @throws TcomposeError CLI_USAGE naming the flag and, for a typo, the nearest one.
 */
export function parseArgs(
  argv: readonly string[],
  spec: ArgsSpec,
  options: ParseOptions,
): ParsedArgs & { readonly rest: readonly string[] } {
  const flags: Record<string, FlagValue> = {};
  const positional: string[] = [];
  const byName = new Map<string, FlagSpec>();
  const byShort = new Map<string, FlagSpec>();
  for (const flag of spec.flags) {
    for (const name of [flag.name, ...(flag.aliases ?? [])]) byName.set(name, flag);
    if (flag.short !== undefined) byShort.set(flag.short, flag);
  }
  const fail = (message: string, hint?: string): never => {
    throw usageError(options.commandPath, message, hint);
  };

  let at = 0;
  const store = (flag: FlagSpec, shown: string, inline: string | undefined) => {
    if (flag.type === 'boolean') {
      flags[flag.name] = inline === undefined ? true : parseBoolean(inline, shown, fail);
      return;
    }
    const value = inline ?? flag.optional ?? argv[++at];
    if (value === undefined) return fail(`flag needs a value: ${shown}`);
    if (flag.choices !== undefined && !flag.choices.includes(value))
      return fail(
        `${composeWords.invalidChoice(flag.name, value)}: it takes one of ${flag.choices.join(', ')}`,
      );
    if (flag.type === 'number') flags[flag.name] = parseInteger(value, shown, fail);
    else if (flag.type === 'strings')
      flags[flag.name] = [...((flags[flag.name] as string[] | undefined) ?? []), value];
    else flags[flag.name] = value;
  };

  for (; at < argv.length; at++) {
    const arg = argv[at]!;
    const passing = spec.passThroughAfter !== undefined && positional.length >= spec.passThroughAfter;
    if (passing) {
      positional.push(...argv.slice(arg === '--' ? at + 1 : at));
      break;
    }
    if (arg === '--') {
      positional.push(...argv.slice(at + 1));
      break;
    }
    if (arg.startsWith('--')) {
      const equals = arg.indexOf('=');
      const name = arg.slice(2, equals < 0 ? undefined : equals);
      const flag = byName.get(name);
      if (flag === undefined) {
        const near = nearest(name, byName.keys());
        fail(
          `unknown flag: --${name}`,
          placeBefore((flag) => flag.name === name, options) ??
            (near === undefined ? undefined : `Did you mean --${near}?`),
        );
      } else store(flag, `--${name}`, equals < 0 ? undefined : arg.slice(equals + 1));
    } else if (arg.startsWith('-') && arg.length > 1) {
      for (let letter = 1; letter < arg.length; letter++) {
        const flag = byShort.get(arg[letter]!);
        if (flag === undefined) {
          fail(
            `unknown shorthand flag: -${arg[letter]}${arg.length > 2 ? ` in ${arg}` : ''}`,
            placeBefore(({ short }) => short === arg[letter], options),
          );
        } else if (flag.type !== 'boolean') {
          const inline = arg.slice(letter + 1).replace(/^=/, '');
          store(flag, `-${arg[letter]}`, inline === '' ? undefined : inline);
          break;
        } else if (arg[letter + 1] === '=') {
          store(flag, `-${arg[letter]}`, arg.slice(letter + 2));
          break;
        } else store(flag, `-${arg[letter]}`, undefined);
      }
    } else if (options.stopAtPositional === true) {
      return { flags, positional, rest: argv.slice(at) };
    } else positional.push(arg);
  }
  if (positional.length < (spec.min ?? 0))
    fail(
      `${composeWords.tooFewArguments(spec.min ?? 0, positional.length)}: ${options.commandPath} needs ${describeCount(spec)}`,
      `Usage: ${options.commandPath} ${spec.usage ?? ''}`,
    );
  if (spec.max !== undefined && positional.length > spec.max)
    fail(
      spec.max === 0
        ? `${options.commandPath} takes no arguments, got "${positional[0]}"`
        : `${options.commandPath} takes at most ${spec.max} argument${spec.max === 1 ? '' : 's'}, got "${positional[spec.max]}"`,
    );
  return { flags, positional, rest: [] };
}

function describeCount(spec: ArgsSpec): string {
  const least = spec.min ?? 0;
  return `at least ${least} argument${least === 1 ? '' : 's'}`;
}

function parseBoolean(text: string, shown: string, fail: (message: string) => never): boolean {
  if (/^(1|t|true)$/i.test(text)) return true;
  if (/^(0|f|false)$/i.test(text)) return false;
  return fail(`${shown} takes true or false; got "${text}"`);
}

function parseInteger(text: string, shown: string, fail: (message: string) => never): number {
  if (/^[+-]?\d+$/.test(text)) return Number(text);
  return fail(`${shown} takes a whole number; got "${text}"`);
}
