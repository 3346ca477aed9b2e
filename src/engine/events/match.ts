import type { EventMessage } from '../api/events.ts';
import { type Filters, matches, matchesLabels } from '../filters.ts';

export const eventFilterKeys = [
  'container',
  'daemon',
  'event',
  'image',
  'label',
  'network',
  'scope',
  'type',
  'volume',
];

/**
 * Docker's event filters. `event` compares the action's first word (`exec_create` matches `exec_create: sh`, and
 * `health_status` matches `health_status: healthy`); container, image, network and volume compare id and name.
 */
export function matchesEvent(filters: Filters, event: EventMessage): boolean {
  const { ID, Attributes } = event.Actor;
  const action = event.Action;
  const actor =
    (type: EventMessage['Type'], named: string | undefined): ((value: string) => boolean) =>
    (value) =>
      event.Type === type && (ID === value || named === value || (value.length >= 4 && ID.startsWith(value)));
  return (
    matches(filters, 'event', (value) => value === action || value === action.split(':')[0]) &&
    matches(filters, 'type', (value) => value === event.Type) &&
    matches(filters, 'scope', (value) => value === event.scope) &&
    matches(filters, 'daemon', () => event.Type === 'daemon') &&
    matches(filters, 'container', (value) =>
      event.Type === 'container'
        ? actor('container', Attributes.name)(value)
        : Attributes.container?.startsWith(value) === true,
    ) &&
    matches(filters, 'image', (value) =>
      event.Type === 'image' ? actor('image', Attributes.name)(value) : Attributes.image === value,
    ) &&
    matches(filters, 'network', actor('network', Attributes.name)) &&
    matches(filters, 'volume', actor('volume', ID)) &&
    matchesLabels(filters, Attributes)
  );
}
