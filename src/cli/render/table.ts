import { TcomposeError } from '../../errors.ts';
import { visibleLine } from '../../visible.ts';
import { titleFunctions } from '../template/functions.ts';
import { compileTemplate } from '../template/render-template.ts';
import { displayWidth, padToWidth } from './width.ts';

/**
 * Columns padded to their widest cell and at least `narrowest`, with three spaces between them and no trailing blanks
 * (Docker's table layout). Every cell is one line, whatever it contains.
 */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  narrowest = 0,
): string {
  const all = [header, ...rows].map((row) => row.map(visibleLine));
  const widths = header.map((_, column) =>
    Math.max(narrowest, ...all.map((row) => displayWidth(row[column] ?? ''))),
  );
  return all
    .map(
      (row) =>
        `${row
          .map((cell, column) => padToWidth(cell, widths[column]!))
          .join('   ')
          .trimEnd()}\n`,
    )
    .join('');
}

type Fields = Readonly<Record<string, unknown>>;

/** One object per line, as Docker Compose prints JSON. */
const jsonLinesOf = (items: readonly Fields[]): string =>
  items.map((item) => `${JSON.stringify(item)}\n`).join('');

/** `{{.Label "key"}}`, from the value of {{.Labels}}. */
function labelOf(data: unknown, key: unknown): string {
  const { Labels = '' } = data as { Labels?: unknown };
  const entry = String(Labels)
    .split(',')
    .find((one) => one.startsWith(`${key}=`));
  return entry === undefined ? '' : entry.slice(String(key).length + 1);
}

/** Titles of fields that differ from the field's name in words. */
const oddTitles: Readonly<Record<string, string>> = {
  BlockIO: 'BLOCK I/O',
  CPUPerc: 'CPU %',
  CreatedSince: 'CREATED',
  IPv6: 'IPV6',
  MemPerc: 'MEM %',
  MemUsage: 'MEM USAGE / LIMIT',
  NetIO: 'NET I/O',
  PIDs: 'PIDS',
  RunningFor: 'CREATED',
  TotalCount: 'TOTAL',
};

/** `CREATED AT` for `CreatedAt`. */
const titleOf = (field: string): string =>
  oddTitles[field] ?? field.replace(/([a-z])([A-Z])/g, '$1 $2').toUpperCase();

export interface FormatOptions {
  /** Width of the narrowest column. */
  readonly narrowest?: number;
  /** Titles of columns in `table TEMPLATE`, by field, where they differ from the usual ones. */
  readonly titles?: Readonly<Record<string, string>>;
}

/** Prints items in a `--format`: `table`, `json`, `table TEMPLATE` or `TEMPLATE`. @throws TcomposeError CLI_USAGE */
export function formatItems(
  format: string | undefined,
  items: readonly Fields[],
  asTable: () => string,
  { narrowest = 0, titles = {} }: FormatOptions = {},
): string {
  if (format === undefined || format === '' || format === 'table') return asTable();
  if (format === 'json') return jsonLinesOf(items);
  const columns = format.startsWith('table');
  const template = unescaped(columns ? format.slice('table'.length).replace(/^ +| +$/g, '') : format);
  const fill = compileTemplate(template, { methods: { Label: labelOf } });
  if (!columns) return items.map((item) => `${fill(item)}\n`).join('');
  return table(
    headerOf(template, (field) => titles[field] ?? titleOf(field)),
    items.map((item) => fill(item).split('\t')),
    narrowest,
  );
}

/** The template with titles in place of values; where those can't be gone through, each action becomes its field's title. */
function headerOf(template: string, title: (field: string) => string): string[] {
  const header = compileTemplate(template, { functions: titleFunctions, methods: { Label: () => 'LABEL' } });
  try {
    return header(titlesOf(title)).split('\t');
  } catch (error) {
    if (!(error instanceof TcomposeError)) throw error;
    return template
      .split('\t')
      .map((cell) => cell.replace(/\{\{[^}]*?\.(\w+)[^}]*\}\}/g, (_, field: string) => title(field)));
  }
}

/** The two characters `\n` and `\t` mean a line break and a tab in the format of a list. */
const unescaped = (format: string): string => format.replaceAll('\\t', '\t').replaceAll('\\n', '\n');

/** An item whose fields are their titles, whatever fields it is asked for. */
const titlesOf = (title: (field: string) => string): object =>
  new Proxy(
    {},
    {
      get: (_, field) => title(String(field)),
      getOwnPropertyDescriptor: (_, field) => ({
        value: title(String(field)),
        configurable: true,
        enumerable: true,
      }),
    },
  );
