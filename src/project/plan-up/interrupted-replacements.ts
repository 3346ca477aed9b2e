import { labels } from '../labels.ts';
import type { Observed, ObservedContainer } from '../observed.ts';
import type { PlanBuilder } from '../plan.ts';

/**
 * The containers of a service, told apart by how a replacement that was cut short left them: one whose predecessor is gone
 * gets its final name and counts as existing, one whose predecessor is there is a leftover.
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
    const final = /^[0-9a-f]{12}_(.+)$/.exec(container.name)?.[1];
    const temporary =
      final !== undefined && container.labels[labels.replace] !== undefined ? final : undefined;
    if (temporary === undefined) existing.push(container);
    else if (own.some((other) => other.name === temporary)) leftovers.push(container);
    else {
      plan.ids.set(temporary, container.id);
      plan.add(
        { kind: 'rename-container', id: container.id, container: temporary },
        'an interrupted replacement left it with a temporary name',
      );
      existing.push({ ...container, name: temporary });
    }
  }
  return { existing, leftovers };
}
