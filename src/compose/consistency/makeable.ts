import type { TcomposeError } from '../../errors.ts';
import { nearest } from '../../nearest.ts';
import { withoutUnusedResources } from '../config/unused-resources.ts';
import type { Project } from '../model/project.ts';
import type { Service } from '../model/service.ts';
import type { Positions } from '../positions.ts';
import { inFileOrder } from '../problems.ts';
import { checkContents } from './makeable-contents.ts';
import { checkAddresses } from './makeable-networking.ts';
import { type Report, reportTo } from './report.ts';

/**
 * Checks for values that the engine would refuse when it creates a container, network or volume. Docker Compose reads
 * and prints them. Checking here gives the error a place in the file, before anything is created.
 */
export function checkMakeable(project: Project, positions: Positions): TcomposeError[] {
  const errors: TcomposeError[] = [];
  const report = reportTo(errors, positions);
  checkNames(project, report);
  for (const service of Object.values(project.services)) {
    checkTargets(service, report);
    checkWords(service, report);
    checkHostNames(service, report);
    checkAddresses(service, project, report);
    checkContents(service, project, report);
  }
  return inFileOrder(errors);
}

const invalid = 'COMPOSE_INVALID_VALUE';

/** Checks for a blank name, for example from an unset variable. */
function checkNames(project: Project, report: Report): void {
  const { networks, volumes } = withoutUnusedResources(project);
  for (const [section, resources] of Object.entries({ networks, volumes }))
    for (const [key, { name }] of Object.entries(resources))
      if (name === '')
        report(
          invalid,
          [section, key, 'name'],
          `${section}.${key}.name is blank`,
          'Set the variable in it or give it a default; without "name:" it is named after the project.',
        );
}

function checkTargets(service: Service, report: Report): void {
  const targets = [
    ...(service.volumes ?? []).map(({ target }, index) => ['volumes', index, target] as const),
    ...(service.tmpfs ?? []).map((entry, index) => ['tmpfs', index, entry.split(':')[0]] as const),
  ];
  for (const [attribute, index, target = ''] of targets) {
    if (target.startsWith('/') && !/^[/.]*$/.test(target)) continue;
    const path = ['services', service.name, attribute, index];
    const where = `services.${service.name}.${attribute}[${index}]`;
    if (target.startsWith('/')) {
      report(invalid, path, `${where}: nothing can be mounted at ${target}`, 'Name a directory below it.');
    } else {
      const message = `${where}: invalid mount path: '${target}' mount path must be absolute`;
      report(invalid, path, message, `Write it as /${target.replace(/^\.?\/*/, '')}.`);
    }
  }
  const directory = service.working_dir;
  if (directory !== undefined && directory !== '' && !directory.startsWith('/')) {
    const message = `services.${service.name}.working_dir: the working directory '${directory}' is invalid, it needs to be an absolute path`;
    report(invalid, ['services', service.name, 'working_dir'], message, `Write it as /${directory}.`);
  }
}

const restartPolicies = ['no', 'always', 'unless-stopped', 'on-failure'];

function checkWords(service: Service, report: Report): void {
  const { restart } = service;
  const [policy = '', retries, more] = (restart ?? '').split(':');
  const counted = retries === undefined || (policy === 'on-failure' && /^\d+$/.test(retries));
  if (
    restart !== undefined &&
    restart !== '' &&
    !(restartPolicies.includes(policy) && counted && more === undefined)
  ) {
    const near = nearest(policy, restartPolicies);
    const known = restartPolicies.includes(policy);
    report(
      invalid,
      ['services', service.name, 'restart'],
      known
        ? `services.${service.name}.restart: invalid restart policy: "${restart}" has no count of retries after the colon`
        : `services.${service.name}.restart: invalid restart policy: unknown policy '${policy}'; use one of '${restartPolicies.join("', '")}'`,
      known
        ? 'Only on-failure takes one: on-failure:3.'
        : near === undefined
          ? undefined
          : `Did you mean "${near}"?`,
    );
  }
  for (const [index, { permissions = '' }] of (service.devices ?? []).entries())
    if (!/^[rwm]{0,3}$/.test(permissions))
      report(
        invalid,
        ['services', service.name, 'devices', index],
        `services.${service.name}.devices[${index}]: invalid device permissions "${permissions}"`,
        'They are r, w and m, for read, write and make.',
      );
}

/** Most characters of a host name: the kernel's limit. */
const longestHostName = 64;

function checkHostNames(service: Service, report: Report): void {
  for (const attribute of ['hostname', 'domainname'] as const) {
    const name = service[attribute] ?? '';
    if (Buffer.byteLength(name) > longestHostName)
      report(
        invalid,
        ['services', service.name, attribute],
        `services.${service.name}.${attribute}: ${Buffer.byteLength(name)} characters are too many, Linux takes up to ${longestHostName}`,
        'Shorten it; other containers find the service by its aliases in "networks" too.',
      );
  }
}
