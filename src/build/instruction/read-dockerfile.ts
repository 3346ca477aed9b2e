import { fault, faultAt } from '../dockerfile/fault.ts';
import type { ParsedDockerfile } from '../dockerfile/node.ts';
import { readInstruction } from './read-instruction.ts';
import type { Dockerfile, Instruction, Stage } from './types.ts';

/**
 * Sorts the instructions into ARGs before the first FROM, and stages.
 * @throws TcomposeError BUILD_DOCKERFILE
 */
export function readDockerfile(parsed: ParsedDockerfile): Dockerfile {
  const globals: Dockerfile['globals'][number][] = [];
  const stages: (Stage & { instructions: Instruction[] })[] = [];
  for (const node of parsed.nodes) {
    const instruction = readInstruction(parsed, node);
    if (instruction.kind === 'from') {
      const name = instruction.name?.toLowerCase();
      stages.push({ index: stages.length, name, from: instruction, instructions: [] });
    } else if (stages.length > 0) stages.at(-1)!.instructions.push(instruction);
    else if (instruction.kind === 'arg') globals.push(instruction);
    else throw faultAt(parsed, node, 'no build stage in current context');
  }
  if (stages.length === 0) throw fault('dockerfile contains no stages to build');
  const { file, lines, escapeToken } = parsed;
  return { file, lines, escapeToken, globals, stages };
}
