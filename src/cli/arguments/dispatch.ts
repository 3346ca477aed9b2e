import { TcomposeError } from '../../errors.ts';
import { nearest } from '../../nearest.ts';
import {
  type Command,
  type CommandEntry,
  type CommandGroup,
  type FlagSpec,
  isGroup,
  type ParsedArgs,
} from './command.ts';
import type { GlobalOptions } from './global-options.ts';
import { everyCommandFlags, globalFlags, globalOptions } from './globals.ts';
import { parseArgs } from './parse-args.ts';

type Environment = Readonly<Record<string, string | undefined>>;
type Table = Readonly<Record<string, CommandEntry>>;
type Groups = Readonly<Record<string, CommandGroup>>;

/** What a command line requests. */
type Dispatch =
  | { readonly kind: 'help'; readonly text: string; readonly exitCode: number }
  | {
      readonly kind: 'run';
      readonly command: Command;
      readonly args: ParsedArgs;
      readonly globals: GlobalOptions;
      /** Whether it is a command about a project, not a member of a group. */
      readonly ofProject: boolean;
      /** The global options in another environment than the given one. */
      globalsIn(env: Environment): GlobalOptions;
    };

/**
 * Finds the command that a command line names and parses its arguments; imports only that module.
 * @throws TcomposeError CLI_USAGE for unknown commands (with the nearest name) and flags.
 */
export async function dispatch(
  argv: readonly string[],
  env: Environment,
  table: Table,
  groups: Groups,
): Promise<Dispatch> {
  const top = parseArgs(argv, { flags: globalFlags }, { commandPath: 'tcompose', stopAtPositional: true });
  const [name, ...rest] = top.rest;
  if (name === undefined || name === 'help') {
    if (top.flags.version === true) return dispatch(['version'], env, table, groups);
    const asked = top.flags.help === true || name === 'help';
    if (rest.length > 0) return dispatch([...rest, '--help'], env, table, groups);
    const { topHelp } = await import('./help.ts');
    return { kind: 'help', text: topHelp(table, groups), exitCode: asked ? 0 : 1 };
  }
  const entry = lookUp(name, { ...table, ...groups }, 'tcompose');
  if (!isGroup(entry)) return runOf(entry, `tcompose ${name}`, rest, { ...top, env, ofProject: true });
  const path = `tcompose ${name}`;
  const shared = entry.flags ?? [];
  const help = everyCommandFlags.filter((flag) => flag.name === 'help');
  const before = parseArgs(
    rest,
    { flags: [...shared, ...help] },
    { commandPath: path, stopAtPositional: true },
  );
  const [first, ...subRest] = before.rest;
  const sub = before.flags.help === true ? '--help' : before.flags.version === true ? 'version' : first;
  if (sub === undefined || sub === '--help' || sub === 'help') {
    const { groupHelp } = await import('./help.ts');
    return { kind: 'help', text: groupHelp(path, entry), exitCode: sub === undefined ? 1 : 0 };
  }
  const member = lookUp(sub, entry.commands, path);
  const asked = await runOf(member, `${path} ${sub}`, subRest, { ...top, env, ofProject: false, shared });
  if (asked.kind === 'help') return asked;
  return { ...asked, args: { ...asked.args, flags: { ...before.flags, ...asked.args.flags } } };
}

/** What precedes a command. */
interface Surroundings {
  readonly flags: ParsedArgs['flags'];
  readonly env: Environment;
  readonly ofProject: boolean;
  /** Flags of the group that contains the command. */
  readonly shared?: readonly FlagSpec[];
}

async function runOf(
  entry: CommandEntry,
  path: string,
  argv: readonly string[],
  { flags: topFlags, env, ofProject, shared = [] }: Surroundings,
): Promise<Dispatch> {
  const { command: own } = await entry.load();
  const command = { ...own, args: { ...own.args, flags: [...own.args.flags, ...shared] } };
  const taken = new Set(command.args.flags.flatMap((flag) => [flag.name, flag.short]));
  const extra = everyCommandFlags
    .filter((flag) => !taken.has(flag.name))
    .map((flag) =>
      taken.has(flag.short) ? { ...flag, short: undefined } : flag,
    ) as typeof everyCommandFlags;
  const spec = { ...command.args, flags: [...command.args.flags, ...extra] };
  // `--help` takes precedence over missing arguments.
  const words = argv.slice(0, spec.passThroughAfter === undefined ? undefined : firstPositional(argv));
  if (topFlags.help === true || words.includes('--help')) {
    const { commandHelp } = await import('./help.ts');
    return { kind: 'help', text: commandHelp(path, command.summary, command.args), exitCode: 0 };
  }
  const args = parseArgs(argv, spec, { commandPath: path, before: ofProject ? globalFlags : [] });
  if (args.flags.help === true) {
    const { commandHelp } = await import('./help.ts');
    return { kind: 'help', text: commandHelp(path, command.summary, command.args), exitCode: 0 };
  }
  const flags = { ...topFlags, ...pick(args.flags, ['dry-run', 'verbose']) };
  const globalsIn = (other: Environment) => globalOptions(flags, other);
  return { kind: 'run', command, args, globals: globalsIn(env), ofProject, globalsIn };
}

const firstPositional = (argv: readonly string[]) => {
  const at = argv.findIndex((arg) => !arg.startsWith('-'));
  return at < 0 ? argv.length : at;
};

const pick = (flags: ParsedArgs['flags'], names: readonly string[]) =>
  Object.fromEntries(Object.entries(flags).filter(([name]) => names.includes(name)));

/** Commands by the names that other tools have for them. */
const customary: Readonly<Record<string, string>> = {
  convert: 'config',
  delete: 'rm',
  destroy: 'down',
  halt: 'stop',
  list: 'ls',
  remove: 'rm',
  sh: 'exec',
  shell: 'exec',
  status: 'ps',
};

function lookUp<T>(name: string, table: Readonly<Record<string, T>>, path: string): T {
  if (Object.hasOwn(table, name)) return table[name]!;
  const meant = Object.hasOwn(customary, name) ? customary[name]! : '';
  const near = Object.hasOwn(table, meant) ? meant : nearest(name, Object.keys(table));
  const again = path === 'tcompose' && ['docker', 'compose', 'docker-compose'].includes(name);
  throw new TcomposeError('CLI_USAGE', `unknown command: ${path} ${name}`, {
    hint: again
      ? `Leave out "${name}".`
      : near === undefined
        ? `See \`${path} --help\`.`
        : `Did you mean \`${path} ${near}\`?`,
  });
}
