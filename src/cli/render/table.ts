import { TcomposeError } from '../../errors.ts';
import { visibleLine } from '../../visible.ts';
import { displayWidth, padToWidth } from './width.ts';

/**
 * Columns padded to their widest cell and at least `narrowest` wide, three spaces between, no trailing blanks (Docker's
 * table layout). A cell is one line whatever is in it.
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

/** One object a line, as Docker Compose prints JSON. */
const jsonLinesOf = (items: readonly Fields[]): string =>
  items.map((item) => `${JSON.stringify(item)}\n`).join('');

const text = (value: unknown) =>
  typeof value === 'string'
    ? value
    : value === undefined
      ? ''
      : typeof value === 'object'
        ? JSON.stringify(value)
        : String(value);

/** Functions of one field; `truncate` takes a length, which `count` is. */
const textFunctions: Readonly<Record<string, (value: string, count: number) => string>> = {
  upper: (value) => value.toUpperCase(),
  lower: (value) => value.toLowerCase(),
  truncate: (value, count) => value.slice(0, count),
};

/** `{{.Label "key"}}`, out of what {{.Labels}} shows. */
function labelOf(item: Fields, key: string): string {
  const entry = text(item.Labels)
    .split(',')
    .find((one) => one.startsWith(`${key}=`));
  return entry === undefined ? '' : entry.slice(key.length + 1);
}

/**
 * Fills `{{.Field}}`, `{{json .}}`, `{{json .Field}}`, `{{upper .Field}}`, `{{lower .Field}}`, `{{truncate .Field 5}}` and
 * `{{.Label "key"}}`: what people use of Go templates in formats.
 */
function fillTemplate(template: string, item: Fields): string {
  return template.replace(/\{\{([^}]*)\}\}/g, (_, inner: string) => {
    const expression = inner.trim();
    if (/^json\s+\.$/.test(expression)) return JSON.stringify(item);
    const label = /^\.Label\s+"([^"]*)"$/.exec(expression);
    if (label !== null && Object.hasOwn(item, 'Labels')) return labelOf(item, label[1]!);
    const match = /^(?:(json|upper|lower|truncate)\s+)?\.(\w+)(?:\s+(\d+))?$/.exec(expression);
    if (match === null || (match[1] === 'truncate') !== (match[3] !== undefined))
      throw new TcomposeError('CLI_NOT_YET', `the format expression {{${inner}}} is not available`, {
        hint: 'Use {{.Field}}, {{json .}}, {{upper .Field}}, {{truncate .Field 5}}, or --format json.',
      });
    if (!Object.hasOwn(item, match[2]!))
      throw new TcomposeError('CLI_USAGE', `--format has no field .${match[2]}`, {
        hint: `The fields are ${Object.keys(item).join(', ')}.`,
      });
    const [, name = '', field = '', count] = match;
    if (name === 'json') return JSON.stringify(item[field]);
    return textFunctions[name]?.(text(item[field]), Number(count)) ?? text(item[field]);
  });
}

/** Prints items by a `--format` value: `table`, `json`, `table TEMPLATE` or `TEMPLATE`. */
export function formatItems(
  format: string | undefined,
  items: readonly Fields[],
  asTable: () => string,
  narrowest = 0,
): string {
  if (format === undefined || format === '' || format === 'table') return asTable();
  if (format === 'json') return jsonLinesOf(items);
  if (/\{\{[^}]*$/.test(format))
    throw new TcomposeError('CLI_USAGE', `--format has a {{ without its }}: ${format}`);
  const unescaped = format.replaceAll('\\t', '\t').replaceAll('\\n', '\n');
  if (!unescaped.startsWith('table '))
    return items.map((item) => `${fillTemplate(unescaped, item)}\n`).join('');
  const template = unescaped.slice('table '.length);
  const header = template
    .split('\t')
    .map((cell) => cell.replace(/\{\{\s*\.(\w+)\s*\}\}/g, (_, name: string) => name.toUpperCase()));
  return table(
    header,
    items.map((item) => fillTemplate(template, item).split('\t')),
    narrowest,
  );
}
