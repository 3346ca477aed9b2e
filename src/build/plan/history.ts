import type { Healthcheck } from '../instruction/types.ts';
import type { HistoryEntry, Step, StepId, Tree } from './types.ts';

/** `created_by` of a RUN: the ARGs declared so far, the command, and BuildKit's mark. */
export function runHistory(args: readonly (readonly [string, string])[], argv: readonly string[]): string {
  const declared = args.map(([name, value]) => `${name}=${value} `).join('');
  const list = args.length === 0 ? '' : `|${args.length} ${declared}`;
  return `RUN ${list}${argv.join(' ')} # buildkit`;
}

interface CopyHistory {
  readonly keyword: string;
  readonly parents: boolean;
  readonly chown: string | undefined;
  readonly chmod: string | undefined;
  readonly sources: readonly string[];
  readonly documents: readonly string[];
  readonly destination: string;
}

/** `created_by` of a COPY or ADD. */
export function copyHistory(copy: CopyHistory): string {
  return [
    copy.keyword,
    ...(copy.parents ? ['--parents'] : []),
    ...(copy.chown === undefined ? [] : [`--chown=${copy.chown}`]),
    ...(copy.chmod === undefined ? [] : [`--chmod=${copy.chmod}`]),
    ...copy.sources,
    ...copy.documents.map((name) => `<<${name}`),
    copy.destination,
    '# buildkit',
  ].join(' ');
}

/** `created_by` of a HEALTHCHECK, in the form in which Go prints its structure. */
export function healthcheckHistory(check: Healthcheck): string {
  const duration = (nanoseconds: number | undefined) => goDurationText(nanoseconds ?? 0);
  return (
    `HEALTHCHECK {Test:[${check.Test.join(' ')}] Interval:${duration(check.Interval)} ` +
    `Timeout:${duration(check.Timeout)} StartPeriod:${duration(check.StartPeriod)} ` +
    `StartInterval:${duration(check.StartInterval)} Retries:${check.Retries ?? 0}}`
  );
}

/** A duration in Go's form: `1m30s`, `1.5ms`, `0s`. */
export function goDurationText(nanoseconds: number): string {
  if (nanoseconds === 0) return '0s';
  if (nanoseconds < 1e3) return `${nanoseconds}ns`;
  if (nanoseconds < 1e6) return `${nanoseconds / 1e3}µs`;
  if (nanoseconds < 1e9) return `${nanoseconds / 1e6}ms`;
  const hours = Math.floor(nanoseconds / 3.6e12);
  const minutes = Math.floor((nanoseconds % 3.6e12) / 6e10);
  const seconds = (nanoseconds % 6e10) / 1e9;
  return `${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${seconds}s`;
}

/**
 * The entries of a result, and one for each layer more than they describe: a named context that a stage is on has none.
 * As in BuildKit, the topmost layers get these, with the names of their steps.
 */
export function completeHistory(
  history: readonly HistoryEntry[],
  steps: readonly Step[],
  tree: Tree,
): readonly HistoryEntry[] {
  const layers: StepId[] = [];
  for (let at = tree; at.kind === 'step'; ) {
    const step = steps[at.step]!;
    if (step.kind === 'image' || step.kind === 'fetch') break;
    layers.unshift(at.step);
    at = step.base;
  }
  const described = history.filter(({ step }) => step !== undefined).length;
  const more = layers.slice(described);
  return [
    ...history,
    ...more.map((step) => ({ createdBy: steps[step]!.name, step, unrecorded: true as const })),
  ];
}
