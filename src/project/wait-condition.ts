import type { DependencyCondition } from '../compose/model/dependencies.ts';
import type { WaitCondition } from './plan.ts';

/** The purpose of a wait for a dependency with this condition; `service_started` needs none. */
export const waitCondition = (condition: Exclude<DependencyCondition, 'service_started'>): WaitCondition =>
  condition === 'service_healthy' ? 'healthy' : 'completed';
