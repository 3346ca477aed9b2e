import type { BuildEvent } from '../../engine/api/build.ts';

type StepEnd = Extract<BuildEvent, { readonly type: 'end' }>;

/** Most steps to name. */
const mostNamed = 3;
/** Milliseconds above which a step is named. */
const worthNaming = 500;

/** How much of a build came from the cache, and where its time went. */
export class BuildSummary {
  readonly #ends: StepEnd[] = [];

  /** Steps for base images don't count: there was nothing to do. */
  add(event: BuildEvent): void {
    if (event.type === 'end' && !/^(?:\[[^\]]*\] )?FROM /.test(event.name)) this.#ends.push(event);
  }

  /** One line; undefined for a build without steps. */
  line(): string | undefined {
    const all = this.#ends.length;
    if (all === 0) return undefined;
    const made = this.#ends.filter(({ outcome }) => outcome !== 'cached');
    const steps = all === 1 ? '1 step' : `${all} steps`;
    if (made.length === 0)
      return all === 1 ? 'the step came from the cache' : `all ${steps} came from the cache`;
    const slowest = made
      .filter(({ took }) => took >= worthNaming)
      .sort((a, b) => b.took - a.took)
      .slice(0, mostNamed)
      .map(({ name, took }) => `${seconds(took)} ${name}`);
    const where = slowest.length === 0 ? '' : `; longest: ${slowest.join(', ')}`;
    return `${all - made.length} of ${steps} came from the cache${where}`;
  }
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)}s`;
