import { type FlagSpec, flag, type ParsedArgs } from '../arguments/command.ts';
import type { CliContext } from '../context.ts';
import { formatItems, table } from './table.ts';

/** `--format` of commands that print a table. */
export const formatFlag: FlagSpec = {
  name: 'format',
  type: 'string',
  value: 'FORMAT',
  summary: 'table, json, or a template',
};

/** Narrowest column in the docker CLI's listings: ten including the space after it. */
const narrowest = 7;

/** `--quiet`: only what identifies each item. */
export const quietFlag = (leaves: 'ids' | 'names'): FlagSpec => ({
  name: 'quiet',
  short: 'q',
  type: 'boolean',
  summary: `Only ${leaves}`,
});

/** Flags of every `ls`. `filters`: the keys that `--filter` accepts, for its summary. */
export const listingFlags = (filters: string, quiet: 'ids' | 'names'): readonly FlagSpec[] => [
  { name: 'filter', short: 'f', type: 'strings', value: 'K=V', summary: `Filter by ${filters}` },
  formatFlag,
  quietFlag(quiet),
];

/** `--no-trunc` of an `ls` that shortens values. */
export const noTruncFlag: FlagSpec = {
  name: 'no-trunc',
  type: 'boolean',
  summary: 'Do not shorten anything',
};

/** Prints what an `ls` found: as `--format` says, or with `--quiet` what identifies each item, without duplicates. */
export function printListing<T extends Readonly<Record<string, unknown>>>(
  ctx: Pick<CliContext, 'write'>,
  args: ParsedArgs,
  items: readonly T[],
  as: {
    readonly quiet: (item: T) => string;
    readonly columns: readonly string[];
    readonly row: (item: T) => readonly string[];
    /** See `formatItems`. */
    readonly titles?: Readonly<Record<string, string>>;
    /** With `--quiet` one line for each item, even if other items have the same. */
    readonly repeated?: boolean;
  },
): void {
  if (flag.bool(args, 'quiet')) {
    const lines = items.map(as.quiet);
    ctx.write((as.repeated === true ? lines : [...new Set(lines)]).map((one) => `${one}\n`).join(''));
    return;
  }
  const asTable = () => table(as.columns, items.map(as.row), narrowest);
  ctx.write(formatItems(flag.str(args, 'format'), items, asTable, { narrowest, titles: as.titles ?? {} }));
}

/** A time in Unix seconds in the docker CLI's form, in UTC: `2006-01-02 15:04:05 +0000 UTC`. */
export const timeText = (seconds: number): string =>
  `${new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')} +0000 UTC`;

/** Labels in the docker CLI's form: `a=1,b=2`. */
export const labelsText = (labels: Readonly<Record<string, string>> | null | undefined): string =>
  Object.entries(labels ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
