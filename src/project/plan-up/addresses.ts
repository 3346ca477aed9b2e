import type { Service } from '../../compose/model/service.ts';
import type { UpContext } from './context.ts';

/**
 * Orders steps because of addresses: the engine does not give addresses to others that created containers request, so
 * containers without a fixed address on a network start after those that request one there have been created.
 */
export function planAddresses({ project, plan }: UpContext): void {
  const steps = plan.steps();
  const asking = steps.flatMap(({ id, operation }) => {
    if (operation.kind !== 'create-container') return [];
    const networks = networksOf(project.services[operation.service], true);
    return networks.length === 0 ? [] : [{ id, networks }];
  });
  if (asking.length === 0) return;
  for (const { id, operation } of steps) {
    if (operation.kind !== 'start-container' && operation.kind !== 'start-beside') continue;
    const takes = new Set(networksOf(project.services[operation.service], false));
    for (const create of asking)
      if (create.networks.some((name) => takes.has(name)) && !plan.waitsFor(create.id, id))
        plan.needs(id, [create.id]);
  }
}

/** The networks on which a service requests an address, or does not. */
function networksOf(service: Service | undefined, asks: boolean): string[] {
  return Object.entries(service?.networks ?? {}).flatMap(([name, endpoint]) =>
    (endpoint?.ipv4_address !== undefined || endpoint?.ipv6_address !== undefined) === asks ? [name] : [],
  );
}
