import type { Warning } from '../types.ts';

/** What a planner finds on its way; it is there also where there comes no plan of it. */
export interface PlanNotes {
  readonly warnings: Warning[];
  /** Numbers of the stages that it has looked at. */
  readonly stages: Set<number>;
}

export const newNotes = (): PlanNotes => ({ warnings: [], stages: new Set() });
