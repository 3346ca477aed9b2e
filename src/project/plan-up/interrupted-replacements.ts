import type { Observed, ObservedContainer } from '../observed.ts';
import type { PlanBuilder } from '../plan-builder.ts';
import { finalName } from '../temporary-name.ts';

/**
 * The containers of a service, grouped by how an interrupted replacement has left them: one whose predecessor is gone
 * gets its final name and counts as existing, one whose predecessor exists is a leftover.
 */
export function splitLeftovers(
  observed: Observed,
  service: string,
  plan: PlanBuilder,
): {
  readonly existing: readonly ObservedContainer[];
  readonly leftovers: readonly ObservedContainer[];
} {
  const own = observed.containers.filter((one) => one.service === service && !one.oneoff);
  const existing: ObservedContainer[] = [];
  const leftovers: ObservedContainer[] = [];
  for (const container of own) {
    const final = finalName(container);
    if (final === undefined) existing.push(container);
    else if (own.some((other) => other.name === final)) leftovers.push(container);
    else {
      plan.ids.set(final, container.id);
      plan.add(
        { kind: 'rename-container', from: container.name, container: final },
        'an interrupted replacement left it with a temporary name',
      );
      existing.push({ ...container, name: final });
    }
  }
  return { existing, leftovers };
}
