import type { EventMessage } from '../api/events.ts';
import { type Filters, matches, matchesLabels } from '../filters.ts';

/** Filters of GET /events. */
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
 * `health_status` matches `health_status: healthy`); container, network and volume compare the beginning
 * of id and name; image compares id and name, with or without the tag.
 */
export function matchesEvent(filters: Filters, event: EventMessage): boolean {
  const { ID, Attributes } = event.Actor;
  const action = event.Action;
  const actor =
    (type: EventMessage['Type'], named: string | undefined): ((value: string) => boolean) =>
    (value) =>
      event.Type === type && (ID.startsWith(value) || named?.startsWith(value) === true);
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
      [ID, event.Type === 'image' ? Attributes.name : Attributes.image].some(
        (name) => name !== undefined && (name === value || name.replace(/:[^:/]*$/, '') === value),
      ),
    ) &&
    matches(filters, 'network', actor('network', Attributes.name)) &&
    matches(filters, 'volume', actor('volume', ID)) &&
    matchesLabels(filters, Attributes)
  );
}
