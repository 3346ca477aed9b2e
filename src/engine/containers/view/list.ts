import type { ContainerSummary } from '../../api/container.ts';
import type { Engine } from '../../context.ts';
import { type Filters, matches, matchesLabels, nameMatcher, oneOf, yesOrNo } from '../../filters.ts';
import { badParameter } from '../../http/failure.ts';
import { parseRfc3339 } from '../../time-text.ts';
import type { Container } from '../container.ts';
import { exposedPorts } from '../spec/port-spec.ts';
import { lastExit, shownStatus } from '../state.ts';
import { summarize } from './inspect.ts';

/** Filters of GET /containers/json. */
export const containerFilterKeys = [
  'ancestor',
  'before',
  'expose',
  'exited',
  'health',
  'id',
  'is-task',
  'isolation',
  'label',
  'label!',
  'name',
  'network',
  'publish',
  'since',
  'status',
  'volume',
];

interface ListOptions {
  readonly all: boolean;
  /** The newest `limit` containers, in any state. */
  readonly limit?: number | undefined;
  readonly filters: Filters;
}

const statuses = ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead'];
const healthStates = ['none', 'starting', 'healthy', 'unhealthy'];

/** Refuses filter values that no container can have (400): a misspelt status would otherwise give an empty list. */
function checkValues(filters: Filters): void {
  oneOf(filters, 'status', statuses);
  oneOf(filters, 'health', healthStates);
  yesOrNo(filters, 'is-task');
  const code = filters.get('exited')?.find((value) => !/^-?\d+$/.test(value));
  if (code !== undefined) throw badParameter(`invalid filter 'exited=${code}'`, 'it is an exit code');
  for (const key of ['publish', 'expose']) {
    const port = filters.get(key)?.find((value) => !portPattern.test(value));
    if (port !== undefined) {
      throw badParameter(`invalid filter '${key}=${port}'`, 'write PORT[-PORT][/PROTOCOL]');
    }
  }
}

const portPattern = /^\d{1,5}(-\d{1,5})?(\/(tcp|udp|sctp))?$/;

/** Whether `docker ps` shows the container without --all: also during a back-off. */
function isActive(container: Container): boolean {
  return container.up || container.state.status === 'restarting';
}

/** GET /containers/json: newest first; only running ones unless `all`, `limit` or a status filter includes others. */
export function listContainers(engine: Engine, options: ListOptions): ContainerSummary[] {
  const { filters } = options;
  checkValues(filters);
  const now = engine.clock.now().ms;
  const all = options.all || (options.limit ?? 0) > 0 || filters.has('status') || filters.has('exited');
  const found = engine.containers
    .all()
    .filter((container) => (all || isActive(container)) && matchesContainer(engine, container, filters))
    .sort((a, b) => (a.record.created < b.record.created ? 1 : -1));
  const limited = (options.limit ?? 0) > 0 ? found.slice(0, options.limit) : found;
  return limited.map((container) => summarize(engine, container, now));
}

/** Whether a container passes the filters. Throws 404 when `before` or `since` names a container that does not exist. */
export function matchesContainer(engine: Engine, container: Container, filters: Filters): boolean {
  const { record } = container;
  const created = parseRfc3339(record.created);
  const createdOf = (reference: string): number =>
    parseRfc3339(engine.containers.need(reference).record.created);
  return (
    matchesLabels(filters, record.config.Labels ?? {}) &&
    matches(filters, 'id', (value) => record.id.startsWith(value)) &&
    matches(filters, 'name', (value) => {
      const test = nameMatcher(value);
      return test(container.name) || test(`/${container.name}`);
    }) &&
    matches(filters, 'status', (value) => shownStatus(container.state) === value) &&
    matches(
      filters,
      'exited',
      (value) => !container.up && lastExit(container.state)?.exitCode === Number(value),
    ) &&
    matches(filters, 'health', (value) => (container.mutable.health?.Status ?? 'none') === value) &&
    matches(filters, 'ancestor', (value) => isAncestor(engine, container, value)) &&
    matches(filters, 'network', (value) =>
      Object.entries(container.mutable.attachments).some(
        ([name, attachment]) => name === value || attachment.networkId.startsWith(value),
      ),
    ) &&
    matches(filters, 'volume', (value) =>
      record.mounts.some(
        (mount) => mount.volume === value || mount.target === value || mount.source === value,
      ),
    ) &&
    matches(filters, 'publish', (value) =>
      container.mutable.ports.some((port) => portMatches(value, port.hostPort, port.protocol)),
    ) &&
    matches(filters, 'expose', (value) =>
      exposedPorts(record.config).some((key) => portMatches(value, key.port, key.protocol)),
    ) &&
    matches(filters, 'before', (value) => created < createdOf(value)) &&
    matches(filters, 'since', (value) => created > createdOf(value)) &&
    yesOrNo(filters, 'is-task') !== true
  );
}

function isAncestor(engine: Engine, container: Container, reference: string): boolean {
  const image = engine.images.get(reference);
  return container.record.config.Image === reference || image?.id === container.record.imageId;
}

/** `8080`, `8080/udp`, `8000-8100/tcp`. */
function portMatches(value: string, port: number, protocol: string): boolean {
  const [range = '', wanted = 'tcp'] = value.split('/');
  const [first, last = first] = range.split('-').map(Number);
  return wanted === protocol && port >= first! && port <= last!;
}
