import type { Service } from '../../compose/model/service.ts';
import type { ObservedContainer } from '../observed.ts';
import type { UpContext } from './context.ts';
import { planRemove, planStop } from './stop.ts';

/**
 * Removes a service's containers beyond `desired` and returns them: those that are out of date first, then the highest
 * numbers. `verdicts`: why a container would be recreated, undefined if it would stay.
 */
export function planScaleDown(
  context: UpContext,
  service: Service,
  verdicts: ReadonlyMap<ObservedContainer, string | undefined>,
  desired: number,
): ReadonlySet<ObservedContainer> {
  const outdated = (container: ObservedContainer) => Number(verdicts.get(container) !== undefined);
  const ranked = [...verdicts.keys()].sort((a, b) => outdated(a) - outdated(b) || a.number - b.number);
  const surplus = new Set(ranked.slice(desired));
  const cause = `service ${service.name} is scaled to ${desired}`;
  for (const container of surplus)
    planRemove(context, container, cause, [planStop(context, container, service, cause)]);
  return surplus;
}
