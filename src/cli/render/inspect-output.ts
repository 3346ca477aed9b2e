import { TcomposeError, TcomposeErrors } from '../../errors.ts';
import type { ArgsSpec, ParsedArgs } from '../arguments/command.ts';
import { flag } from '../arguments/command.ts';
import type { CliContext } from '../context.ts';
import { compileTemplate } from '../template/render-template.ts';

/** Arguments of every `inspect`; `usage` names what it inspects. */
export const inspectArgs = (usage: string): ArgsSpec => ({
  usage,
  min: 1,
  flags: [
    {
      name: 'format',
      short: 'f',
      type: 'string',
      value: 'FORMAT',
      summary: 'json, or a Go template: {{.Path.To.Field}}, {{json .Path}}',
    },
  ],
});

/**
 * Prints objects like Docker's inspect: as a JSON array, or one line each with `--format`. Objects that are found are
 * printed even if others are not.
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
  else {
    const fill = compileTemplate(format);
    for (const item of found) ctx.write(`${fill(item)}\n`);
  }
  if (errors.length > 0) throw new TcomposeErrors(errors);
  return 0;
}
