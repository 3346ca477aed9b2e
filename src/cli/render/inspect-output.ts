import { TcomposeError, TcomposeErrors } from '../../errors.ts';
import type { ArgsSpec, ParsedArgs } from '../arguments/command.ts';
import { flag } from '../arguments/command.ts';
import type { CliContext } from '../context.ts';

/** What every `inspect` takes; `usage` names the things it inspects. */
export const inspectArgs = (usage: string): ArgsSpec => ({
  usage,
  min: 1,
  flags: [
    {
      name: 'format',
      short: 'f',
      type: 'string',
      value: 'FORMAT',
      summary: 'json, or a template of {{.Path.To.Field}} and {{json .Path}}',
    },
  ],
});

/**
 * Prints objects as Docker's inspect does: a JSON array, or one line each by `--format`. Those that are found are printed
 * although others are not.
 * @throws TcomposeErrors of the others
 */
export async function printInspected(
  ctx: CliContext,
  args: ParsedArgs,
  inspect: (name: string) => Promise<object>,
): Promise<number> {
  const outcomes = await Promise.allSettled(args.positional.map(inspect));
  const found: object[] = [];
  const errors: TcomposeError[] = [];
  for (const outcome of outcomes) {
    if (outcome.status === 'fulfilled') found.push(outcome.value);
    else if (outcome.reason instanceof TcomposeError) errors.push(outcome.reason);
    else throw outcome.reason;
  }
  const format = flag.str(args, 'format');
  if (format === undefined || format === '') ctx.write(`${JSON.stringify(found, undefined, 4)}\n`);
  else if (format === 'json') ctx.write(`${JSON.stringify(found)}\n`);
  else for (const item of found) ctx.write(`${fillPaths(format, item)}\n`);
  if (errors.length > 0) throw new TcomposeErrors(errors);
  return 0;
}

/**
 * Fills `{{.A.B}}`, `{{json .A}}` and `{{index .A "key"}}`: what people use of Go templates to inspect one thing.
 * @throws TcomposeError CLI_USAGE for a field that is not there, CLI_NOT_YET for other template expressions
 */
export function fillPaths(template: string, item: object): string {
  return template.replaceAll('\\n', '\n').replace(/\{\{(.*?)\}\}/g, (_, inner: string) => {
    const match = /^(?:(json|index)\s+)?\.([\w.]*)((?:\s+(?:"[^"]*"|\d+))*)$/.exec(inner.trim());
    if (match === null || (match[1] !== 'index' && match[3] !== ''))
      throw new TcomposeError('CLI_NOT_YET', `the format expression {{${inner}}} is not available`, {
        hint: 'Use {{.Path.To.Field}}, {{json .Path}}, {{index .Map "key"}}, or --format json.',
      });
    const [, how, path = '', keys = ''] = match;
    let value: unknown = item;
    for (const part of path === '' ? [] : path.split('.')) value = fieldOf(value, part, inner);
    for (const [, quoted, number] of keys.matchAll(/"([^"]*)"|(\d+)/g))
      value = (value as Record<string, unknown> | undefined)?.[quoted ?? number!] ?? '';
    return how === 'json' ? JSON.stringify(value) : shown(value);
  });
}

function fieldOf(value: unknown, name: string, expression: string): unknown {
  if (typeof value === 'object' && value !== null && Object.hasOwn(value, name))
    return (value as Record<string, unknown>)[name];
  const fields = typeof value === 'object' && value !== null ? Object.keys(value).join(', ') : 'none';
  throw new TcomposeError('CLI_USAGE', `--format: there is no field "${name}" in {{${expression}}}`, {
    hint: `The fields there are ${fields}.`,
  });
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return '<no value>';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
