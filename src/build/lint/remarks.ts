import { heredocOf, heredocText } from '../dockerfile/heredoc.ts';
import type { Dockerfile, Instruction, Stage } from '../instruction/types.ts';
import type { BuildPlan, Warning } from '../plan/types.ts';

/** Remarks on a Dockerfile beyond BuildKit's checks: valid code for which BuildKit has no rule. */
export type Remark = Omit<Warning, 'rule'>;

/** The inputs of a build that a Dockerfile may fail to use. */
interface Given {
  readonly args: ReadonlyMap<string, string>;
  /** Undefined if not known yet. */
  readonly secrets: readonly string[] | undefined;
}

/** Finds places where a Dockerfile silently does something that was probably not intended. Pure. */
export function remarks(dockerfile: Dockerfile, plan: BuildPlan, given: Given): readonly Remark[] {
  return [
    ...dockerfile.stages.flatMap((stage) => [
      ...uncheckedScripts(stage),
      ...lostArguments(dockerfile, stage, given.args),
    ]),
    ...(given.secrets === undefined ? [] : missingSecrets(plan, given.secrets)),
  ];
}

/** A script of several commands continues after one that fails, unless it or its shell is set otherwise. */
function uncheckedScripts({ instructions }: Stage): readonly Remark[] {
  const first = instructions.findIndex(({ kind }) => kind === 'shell');
  return (first < 0 ? instructions : instructions.slice(0, first)).flatMap((one) => {
    if (one.kind !== 'run' || one.command.script !== undefined) return [];
    const [doc] = one.node.heredocs;
    if (doc === undefined || heredocOf(one.node.args[0] ?? '') === undefined) return [];
    const text = heredocText(doc);
    if (commandsIn(text) < 2 || /^\s*set\s+(?:-\w*e|-o\s+errexit)/m.test(text)) return [];
    const message =
      'Of the commands of a RUN <<… only the last one is checked; `set -e` as the first checks them all';
    return [{ message, range: one.range }];
  });
}

/** Approximate number of commands: lines within a loop, a condition or a continued line count once. */
function commandsIn(script: string): number {
  const lines = script.replaceAll('\\\n', ' ').split('\n');
  return lines.filter((line) => /^[^\s#})]/.test(line) && !/^(?:done|fi|esac|else|elif|then|do)\b/.test(line))
    .length;
}

/** An argument that is declared before the first FROM, is given, and is used in a stage that does not declare it. */
function lostArguments(
  { globals }: Dockerfile,
  { name, index, instructions }: Stage,
  given: ReadonlyMap<string, string>,
): readonly Remark[] {
  const global = new Set(globals.flatMap(({ args }) => args.map((arg) => arg.name)));
  const known = new Set<string>();
  const found: Remark[] = [];
  for (const one of instructions) {
    for (const lost of [...global].filter((arg) => given.has(arg) && !known.has(arg) && uses(one, arg))) {
      known.add(lost);
      const message = `${lost} is declared before the first FROM only and is empty here; ARG ${lost} in stage ${name ?? index} brings it in`;
      found.push({ message, range: one.range });
    }
    if (one.kind === 'arg') for (const arg of one.args) known.add(arg.name);
    if (one.kind === 'env') for (const pair of one.pairs) known.add(pair.name);
  }
  return found;
}

function uses({ kind, node }: Instruction, name: string): boolean {
  if (kind === 'onbuild' || kind === 'arg') return false;
  const text = [node.original, ...node.heredocs.map(({ content }) => content)].join('\n');
  return new RegExp(`\\$(?:${name}\\b|\\{${name}[}:+?#%/-])`).test(text);
}

/** A secret that a step requests and that was not given, whether or not others were. */
function missingSecrets({ steps }: BuildPlan, given: readonly string[]): readonly Remark[] {
  return steps.flatMap((step) =>
    step.kind !== 'run'
      ? []
      : step.mounts.flatMap((mount) => {
          if (mount.type !== 'secret' || mount.required || given.includes(mount.id)) return [];
          const has = given.length === 0 ? 'no secrets were given' : `given are: ${given.join(', ')}`;
          return [{ message: `Secret ${mount.id} was not given to this build; ${has}`, range: step.range }];
        }),
  );
}
