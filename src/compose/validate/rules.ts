import type { ErrorCode } from '../../error-codes.ts';
import type { TcomposeError } from '../../errors.ts';
import type { Positions } from '../positions.ts';
import { maxProblems, problem } from '../problems.ts';
import { eachMap, formatPath, isMap, ownMap, type TreeMap, type TreePath } from '../tree.ts';
import { isAddress } from '../values/ip.ts';

type Report = (code: ErrorCode, path: TreePath, message: string, at?: string, hint?: string) => void;

/**
 * Checks that concern single parts of the file, on the canonical tree before paths are resolved: exclusive sources of
 * configs and secrets, attributes beside `external`, device counts, host addresses, sources of binds, watch rules.
 * Finds all errors.
 */
export function checkRules(tree: TreeMap, positions: Positions): TcomposeError[] {
  const errors: TcomposeError[] = [];
  const report: Report = (code, path, message, at, hint) => {
    if (errors.length >= maxProblems) return;
    const place = at === undefined ? path : [...path, at];
    const more = hint === undefined ? {} : { hint };
    errors.push(problem(code, `${formatPath(path)}: ${message}`, positions, place, more));
  };
  for (const [name, service] of entriesOf(tree, 'services'))
    checkService(service, ['services', name], report);
  for (const [name, volume] of entriesOf(tree, 'volumes')) checkExternal(volume, ['volumes', name], report);
  for (const [name, secret] of entriesOf(tree, 'secrets')) {
    checkSources(secret, ['file', 'environment'], ['secrets', name], report);
  }
  for (const [name, config] of entriesOf(tree, 'configs')) {
    checkSources(config, ['file', 'environment', 'content'], ['configs', name], report);
  }
  return errors;
}

function entriesOf(tree: TreeMap, section: string): [string, TreeMap][] {
  return Object.entries(ownMap(tree, section) ?? {}).filter((entry): entry is [string, TreeMap] =>
    isMap(entry[1]),
  );
}

const addTarget = 'Add target: the side of the container.';
const removeOne = 'Remove one of the two.';

function checkService(service: TreeMap, path: TreePath, report: Report): void {
  eachMap(service.ports, [...path, 'ports'], (port, at) => {
    const ip = port.host_ip;
    if (typeof ip === 'string' && !ip.includes('$') && !isAddress(ip)) {
      report(
        'COMPOSE_INVALID_VALUE',
        at,
        `invalid ip address: ${ip}`,
        'host_ip',
        'A name is none: write its address.',
      );
    }
    if ((port.target ?? 0) === 0)
      report('COMPOSE_MISSING_ATTRIBUTE', at, 'the port is missing a target port', undefined, addTarget);
  });
  eachMap(service.devices, [...path, 'devices'], (device, at) => {
    if (device.target === undefined)
      report('COMPOSE_MISSING_ATTRIBUTE', at, 'the device is missing a mount target', undefined, addTarget);
  });
  eachMap(service.volumes, [...path, 'volumes'], (mount, at) => {
    if (mount.target === undefined)
      report('COMPOSE_MISSING_ATTRIBUTE', at, 'the mount has no target', undefined, addTarget);
    if (mount.type === 'bind' && mount.source === undefined) {
      const message = 'invalid mount config for type "bind": field Source must not be empty';
      report('COMPOSE_MISSING_ATTRIBUTE', at, message, undefined, 'Add source: what is to be mounted.');
    }
  });
  eachMap(service.gpus, [...path, 'gpus'], (request, at) => checkDevices(request, at, report));
  const deploy = ownMap(service, 'deploy');
  const resources = deploy && ownMap(deploy, 'resources');
  const reservations = resources && ownMap(resources, 'reservations');
  const devices = [...path, 'deploy', 'resources', 'reservations', 'devices'];
  eachMap(reservations?.devices, devices, (request, at) => checkDevices(request, at, report));
  const develop = ownMap(service, 'develop');
  eachMap(develop?.watch, [...path, 'develop', 'watch'], (rule, at) => {
    if (rule.path === '')
      report(
        'COMPOSE_INVALID_VALUE',
        [...at, 'path'],
        "value can't be blank",
        undefined,
        'Name a file or directory.',
      );
  });
}

function checkDevices(request: TreeMap, path: TreePath, report: Report): void {
  if (request.count !== undefined && request.device_ids !== undefined) {
    report(
      'COMPOSE_EXCLUSIVE',
      path,
      '"count" and "device_ids" attributes are exclusive',
      'device_ids',
      removeOne,
    );
  }
}

/** Only for volumes: for an external network Docker Compose accepts other attributes, without effect. */
function checkExternal(resource: TreeMap, path: TreePath, report: Report): void {
  if (resource.external !== true && resource.external !== 'true') return;
  for (const key of Object.keys(resource)) {
    if (key === 'external' || key === 'name' || key.startsWith('x-')) continue;
    report(
      'COMPOSE_EXCLUSIVE',
      path,
      `conflicting parameters "external" and "${key}" specified`,
      key,
      'Remove one of the two: what is external was made elsewhere, with attributes of its own.',
    );
  }
}

function checkSources(resource: TreeMap, sources: readonly string[], path: TreePath, report: Report): void {
  const given = sources.filter((source) => resource[source] !== undefined);
  if (given.length > 1) {
    report(
      'COMPOSE_EXCLUSIVE',
      path,
      `${sources.join('|')} attributes are mutually exclusive`,
      given[1],
      removeOne,
    );
  }
  const elsewhere = resource.driver !== undefined || resource.external !== undefined;
  if (given.length === 0 && !elsewhere) {
    report(
      'COMPOSE_MISSING_ATTRIBUTE',
      path,
      `one of ${sources.join('|')} must be set`,
      undefined,
      'Say where the content comes from.',
    );
  }
}
