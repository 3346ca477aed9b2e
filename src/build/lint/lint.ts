import { type CheckOptions, readCheckOptions } from '../dockerfile/directives.ts';
import type { ParsedDockerfile } from '../dockerfile/node.ts';
import type { Dockerfile } from '../instruction/types.ts';
import type { PlanNotes } from '../plan/stages/notes.ts';
import type { Warning } from '../plan/types.ts';
import { casingWarnings, continuationWarnings } from './casing.ts';
import { descriptionWarnings } from './descriptions.ts';
import { instructionWarnings } from './instructions.ts';
import { stageWarnings } from './stages.ts';

/**
 * BuildKit's checks: those that need no plan, and those that a planner made; without duplicates, in the order of the
 * lines.
 * @param notes stages that the planner did not examine are only checked for their form
 */
export function lint(
  parsed: ParsedDockerfile,
  dockerfile: Dockerfile,
  notes: PlanNotes,
  options: CheckOptions,
): readonly Warning[] {
  if (options.skipAll) return [];
  const all = [
    ...casingWarnings(parsed),
    ...continuationWarnings(parsed),
    ...stageWarnings(dockerfile),
    ...instructionWarnings(dockerfile, notes.stages),
    ...descriptionWarnings(dockerfile, options),
    ...notes.warnings,
  ];
  const seen = new Set<string>();
  return all
    .filter(
      ({ rule, range }) => !options.skip.has(rule.toLowerCase()) && !skippedAbove(parsed, rule, range.start),
    )
    .filter((one) => {
      const key = JSON.stringify(one);
      return !seen.has(key) && seen.add(key);
    })
    .sort((a, b) => a.range.start - b.range.start);
}

/** A comment `# check=skip=…` above an instruction applies to it. */
function skippedAbove({ nodes }: ParsedDockerfile, rule: string, line: number): boolean {
  const node = nodes.find(({ start, end }) => start <= line && line <= end);
  return (node?.comments ?? []).some((comment) => {
    const [, text = ''] = /^check\s*=\s*(.+)$/i.exec(comment) ?? [];
    if (text === '') return false;
    try {
      const { skip, skipAll } = readCheckOptions(text);
      return skipAll || skip.has(rule.toLowerCase());
    } catch {
      return false;
    }
  });
}
