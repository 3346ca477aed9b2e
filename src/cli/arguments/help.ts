import type { ArgsSpec, CommandEntry, CommandGroup, FlagSpec } from './command.ts';
import { globalFlags } from './globals.ts';

const column = (rows: readonly (readonly [string, string])[]): string => {
  const width = Math.min(34, Math.max(0, ...rows.map(([left]) => left.length)));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`.trimEnd()).join('\n');
};

const placeholder: Record<FlagSpec['type'], string> = {
  boolean: '',
  string: ' VALUE',
  strings: ' VALUE',
  number: ' N',
};

const flagRow = (flag: FlagSpec): readonly [string, string] => {
  const value = flag.value === undefined ? placeholder[flag.type] : ` ${flag.value}`;
  return [`${flag.short === undefined ? '    ' : `-${flag.short}, `}--${flag.name}${value}`, flag.summary];
};

const visible = <T extends { readonly hidden?: boolean }>(items: readonly T[]) =>
  items.filter((item) => item.hidden !== true);

/** `--help` of one command. `path` is the full name, for example `tcompose image ls`. */
export function commandHelp(path: string, summary: string, args: ArgsSpec): string {
  const flags = visible(args.flags);
  const usage = [path, flags.length > 0 ? '[OPTIONS]' : '', args.usage ?? ''].filter(Boolean).join(' ');
  const parts = [`Usage:  ${usage}`, summary];
  if (flags.length > 0)
    parts.push(`Options:\n${column([...flags].sort((a, b) => a.name.localeCompare(b.name)).map(flagRow))}`);
  return `${parts.join('\n\n')}\n`;
}

const rows = (table: Readonly<Record<string, CommandEntry | CommandGroup>>) =>
  column(
    Object.entries(table)
      .filter(([, entry]) => entry.hidden !== true)
      .map(([name, entry]) => [name, entry.summary] as const),
  );

/** `--help` of a group. */
export function groupHelp(path: string, group: CommandGroup): string {
  const flags = visible(group.flags ?? []);
  const usage = `Usage:  ${path} ${flags.length > 0 ? '[OPTIONS] ' : ''}COMMAND`;
  const parts = [usage, group.summary, `Commands:\n${rows(group.commands)}`];
  if (flags.length > 0) parts.push(`Options:\n${column(flags.map(flagRow))}`);
  return `${parts.join('\n\n')}\n`;
}

/** `tcompose --help`: all commands, then the global flags. */
export function topHelp(
  commands: Readonly<Record<string, CommandEntry>>,
  groups: Readonly<Record<string, CommandGroup>>,
): string {
  return [
    'Usage:  tcompose [OPTIONS] COMMAND',
    'Run the services of a Compose file in containers, with nothing else installed',
    `Commands:\n${rows(commands)}`,
    `Engine commands:\n${rows(groups)}`,
    `Options:\n${column(visible(globalFlags).map(flagRow))}`,
    'Run `tcompose COMMAND --help` for more on a command.\n',
  ].join('\n\n');
}
