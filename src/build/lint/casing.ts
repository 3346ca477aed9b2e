import type { ParsedDockerfile } from '../dockerfile/node.ts';
import type { Warning } from '../plan/types.ts';

/** Instructions that are not in the case of the majority; if it is a tie, capitals win. */
export function casingWarnings({ nodes }: ParsedDockerfile): readonly Warning[] {
  const lower = nodes.filter(({ keyword }) => keyword === keyword.toLowerCase()).length;
  const upper = nodes.filter(({ keyword }) => keyword === keyword.toUpperCase()).length;
  const small = lower > upper;
  return nodes.flatMap(({ keyword, start, end }) => {
    if (keyword === (small ? keyword.toLowerCase() : keyword.toUpperCase())) return [];
    const majority = small ? 'lowercase' : 'uppercase';
    return [
      {
        rule: 'ConsistentInstructionCasing',
        message: `Command '${keyword}' should match the case of the command majority (${majority})`,
        range: { start, end },
      },
    ];
  });
}

export const continuationWarnings = ({ emptyContinuations }: ParsedDockerfile): readonly Warning[] =>
  emptyContinuations.map(({ range }) => ({
    rule: 'NoEmptyContinuation',
    message: 'Empty continuation line',
    range: { start: range.end, end: range.end },
  }));
