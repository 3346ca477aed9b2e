import type { StepRef } from './plan.ts';

/**
 * The steps nearest to a service in one direction of the graph: those of each neighbour or, if a neighbour has none, of
 * the neighbours beyond it. So an order is kept across services that have nothing to do.
 */
export function nearestSteps(
  service: string,
  neighbours: (service: string) => readonly string[],
  own: (service: string) => readonly StepRef[],
): readonly StepRef[] {
  const found: StepRef[] = [];
  const seen = new Set([service]);
  const pending = [...neighbours(service)];
  for (let name = pending.shift(); name !== undefined; name = pending.shift()) {
    if (seen.has(name)) continue;
    seen.add(name);
    const steps = own(name);
    if (steps.length > 0) found.push(...steps);
    else pending.push(...neighbours(name));
  }
  return found;
}
