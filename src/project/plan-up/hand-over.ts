import type { Service } from '../../compose/model/service.ts';
import { isUp, type ObservedContainer } from '../observed.ts';
import type { Step, StepRef } from '../plan.ts';
import type { UpContext } from './context.ts';

/**
 * Orders containers that need something only one of them can have: a name can be taken when its holder has been
 * removed, a published port when its holder has been stopped. Containers of removed services end before any other
 * starts: a service that was renamed in the compose file uses the same data.
 */
export function planHandOver(context: UpContext): void {
  const { project, observed, plan } = context;
  const steps = plan.steps();
  const leaving = observed.containers.flatMap((container): Leaving[] => {
    const stopped = stepOf(steps, 'stop-container', container);
    const removed = stepOf(steps, 'remove-container', container);
    return stopped === undefined && removed === undefined ? [] : [{ container, stopped, removed }];
  });
  for (const { id, operation } of steps) {
    const wait = (other: StepRef | undefined) => {
      if (other !== undefined && !plan.waitsFor(other, id)) plan.needs(id, [other]);
    };
    if (operation.kind === 'create-container' || operation.kind === 'rename-container') {
      const name = operation.kind === 'create-container' ? operation.as : operation.container;
      for (const { container, removed } of leaving) if (container.name === name) wait(removed);
    } else if (operation.kind === 'start-container') {
      const ports = publishedPorts(project.services[operation.service]);
      for (const { container, stopped } of leaving)
        if (
          container.name !== operation.container &&
          (project.services[container.service] === undefined ||
            heldPorts(container).some((port) => ports.has(port)))
        )
          wait(stopped);
    }
  }
}

interface Leaving {
  readonly container: ObservedContainer;
  readonly stopped: StepRef | undefined;
  readonly removed: StepRef | undefined;
}

const stepOf = (
  steps: readonly Step[],
  kind: 'stop-container' | 'remove-container',
  container: ObservedContainer,
): StepRef | undefined =>
  steps.find(({ operation }) => operation.kind === kind && operation.id === container.id)?.id;

/**
 * `8080/tcp` for each host port that a service requests, with ranges expanded. Addresses do not matter here: waiting is
 * harmless.
 */
function publishedPorts(service: Service | undefined): ReadonlySet<string> {
  const ports = new Set<string>();
  for (const { published, protocol = 'tcp' } of service?.ports ?? []) {
    const [first, last = first] = (published ?? '').split('-').map(Number);
    for (let port = first!; port <= last!; port++) ports.add(`${port}/${protocol}`);
  }
  return ports;
}

const heldPorts = (container: ObservedContainer): readonly string[] =>
  isUp(container) ? container.summary.Ports.map((port) => `${port.PublicPort}/${port.Type}`) : [];
