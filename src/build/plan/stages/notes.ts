import type { Warning } from '../types.ts';

/** What a planner finds; available even if planning fails. */
export interface PlanNotes {
  readonly warnings: Warning[];
  /** Numbers of the stages that it has examined. */
  readonly stages: Set<number>;
}

export const newNotes = (): PlanNotes => ({ warnings: [], stages: new Set() });
