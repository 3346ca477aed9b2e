import type { CheckOptions } from '../dockerfile/directives.ts';
import type { Dockerfile, Instruction } from '../instruction/types.ts';
import type { Warning } from '../plan/types.ts';

const rule = 'InvalidDefinitionDescription';

/**
 * Comments right above an ARG or a named stage that don't begin with its name; an experimental check, which has to be
 * enabled.
 */
export function descriptionWarnings(
  { globals, stages }: Dockerfile,
  { experimental, experimentalAll }: CheckOptions,
): readonly Warning[] {
  if (!experimentalAll && !experimental.has(rule.toLowerCase())) return [];
  return [...globals, ...stages.flatMap(({ from, instructions }) => [from, ...instructions])].flatMap(
    describedWrongly,
  );
}

function describedWrongly(one: Instruction): readonly Warning[] {
  const names =
    one.kind === 'arg'
      ? one.args.map(({ name }) => name)
      : one.kind === 'from' && one.name !== undefined
        ? [one.name.toLowerCase()]
        : [];
  const last = one.node.comments.at(-1);
  const [first] = names;
  if (first === undefined || last === undefined || names.includes(last.split(' ')[0]!)) return [];
  const name = names.length > 1 ? '<arg_key>' : first;
  const message = `Comment for ${one.keyword} should follow the format: \`# ${name} <description>\``;
  return [{ rule, message, range: one.range }];
}
