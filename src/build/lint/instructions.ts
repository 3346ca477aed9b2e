import type { Dockerfile, Instruction } from '../instruction/types.ts';
import type { Warning } from '../plan/types.ts';

/** Warnings about the instructions in stages. @param planned numbers of the stages that are built */
export function instructionWarnings(
  { globals, stages }: Dockerfile,
  planned: ReadonlySet<number>,
): readonly Warning[] {
  const withShell = new Set<string>();
  const known = stages.map(({ index, name, from, instructions }) => {
    const hasShell = withShell.has(from.image);
    if (name !== undefined && (hasShell || instructions.some(isShell))) withShell.add(name);
    return { index, instructions, hasShell };
  });
  return [
    ...globals.flatMap(secretWarnings),
    ...stages.flatMap(({ instructions }) => instructions.flatMap(maintainerWarnings)),
    ...known
      .filter(({ index }) => planned.has(index))
      .flatMap(({ instructions, hasShell }) => [
        ...instructions.flatMap((one, at) => [
          ...formWarnings(one, hasShell || instructions.slice(0, at).some(isShell)),
          ...secretWarnings(one),
        ]),
        ...repeated(instructions),
      ]),
  ];
}

const isShell = ({ kind }: Instruction): boolean => kind === 'shell';

function maintainerWarnings({ kind, range }: Instruction): readonly Warning[] {
  if (kind !== 'maintainer') return [];
  const message = 'Maintainer instruction is deprecated in favor of using label';
  return [{ rule: 'MaintainerDeprecated', message, range }];
}

function formWarnings(one: Instruction, hasShell: boolean): readonly Warning[] {
  const { kind, range } = one;
  // As it is written.
  const { keyword } = one.node;
  if ((kind === 'env' || kind === 'label') && one.pairs.some(({ legacy }) => legacy))
    return [
      {
        rule: 'LegacyKeyValueFormat',
        message: `"${keyword} key=value" should be used instead of legacy "${keyword} key value" format`,
        range,
      },
    ];
  const shellForm = (kind === 'cmd' || kind === 'entrypoint') && one.command.shell;
  if (!shellForm || hasShell) return [];
  return [
    {
      rule: 'JSONArgsRecommended',
      message: `JSON arguments recommended for ${keyword} to prevent unintended behavior related to OS signals`,
      range,
    },
  ];
}

/** All but the last of instructions of which only the last one counts. */
function repeated(instructions: readonly Instruction[]): readonly Warning[] {
  return (['cmd', 'entrypoint', 'healthcheck'] as const).flatMap((kind) =>
    instructions
      .filter((one) => one.kind === kind)
      .slice(0, -1)
      .map(({ keyword, range }) => ({
        rule: 'MultipleInstructionsDisallowed',
        message: `Multiple ${keyword} instructions should not be used in the same stage because only the last one will be used`,
        range,
      })),
  );
}

const secretWords = /(?:_|^)(?:apikey|auth|credentials?|key|password|pword|passwd|secret|token)(?:_|$)/i;
const harmlessWords = /(?:_|^)(?:public|file|version)(?:_|$)/i;

function secretWarnings(one: Instruction): readonly Warning[] {
  const { kind, keyword, range } = one;
  const names =
    kind === 'arg'
      ? one.args.map(({ name }) => name)
      : kind === 'env'
        ? one.pairs.map(({ name }) => name)
        : [];
  return names
    .filter((name) => secretWords.test(name) && !harmlessWords.test(name))
    .map((name) => ({
      rule: 'SecretsUsedInArgOrEnv',
      message: `Do not use ARG or ENV instructions for sensitive data (${keyword} "${name}")`,
      range,
    }));
}
