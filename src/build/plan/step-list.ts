import type { Step, StepId } from './types.ts';

type WithoutName<T> = T extends Step ? Omit<T, 'name' | 'range' | 'stage'> : never;

/** The steps of a plan in the order of their dependencies, without duplicates. */
export class StepList {
  readonly steps: Step[] = [];
  readonly #known = new Map<string, StepId>();

  /** The number of the step; that of an equal one, if there is one. */
  add(step: Step): StepId {
    const { name: _name, range: _range, stage: _stage, ...rest } = step;
    const key = JSON.stringify(rest satisfies WithoutName<Step>);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.steps.push(step);
    this.#known.set(key, this.steps.length - 1);
    return this.steps.length - 1;
  }
}
