import type { Service } from '../model/service.ts';
import type { TreePath } from '../tree.ts';
import type { Report } from './report.ts';

/** Checks attributes of one service that contradict or require each other. */
export function checkContradictions(service: Service, report: Report): void {
  const { name } = service;
  const at: TreePath = ['services', name];
  if (!service.image && service.build === undefined && service.provider === undefined) {
    const message = `service "${name}" has neither an image nor a build context specified`;
    if (service.image === undefined) report('COMPOSE_NO_IMAGE', at, message, 'Add "image:" or "build:".');
    else
      report('COMPOSE_NO_IMAGE', [...at, 'image'], message, 'The image is blank: is a variable in it unset?');
  }
  checkBuild(service, at, report);
  if (service.network_mode && service.networks && Object.keys(service.networks).length > 0) {
    const message = `service ${name} declares mutually exclusive \`network_mode\` and \`networks\``;
    report('COMPOSE_EXCLUSIVE', [...at, 'network_mode'], message, 'Remove one of the two.');
  }
  checkHealthcheck(service, at, report);
  checkScale(service, at, report);
  checkLimits(service, at, report);
  for (const [index, rule] of (service.develop?.watch ?? []).entries()) {
    const path = [...at, 'develop', 'watch', index];
    if (rule.action !== 'rebuild' && rule.action !== 'restart' && !rule.target) {
      const message = `services.${name}.develop.watch: target is required for non-rebuild actions`;
      report('COMPOSE_MISSING_ATTRIBUTE', path, message);
    }
    if (rule.action === 'sync+exec' && (rule.exec?.command ?? []).length === 0) {
      report(
        'COMPOSE_MISSING_ATTRIBUTE',
        path,
        `services.${name}.develop.watch: exec is required for sync+exec`,
      );
    }
  }
}

function checkBuild(service: Service, at: TreePath, report: Report): void {
  const { build, name, platform } = service;
  if (build === undefined) return;
  if (build.dockerfile && build.dockerfile_inline) {
    const message = `service "${name}" declares mutually exclusive dockerfile and dockerfile_inline`;
    report('COMPOSE_EXCLUSIVE', [...at, 'build', 'dockerfile_inline'], message, 'Remove one of the two.');
  }
  const platforms = build.platforms ?? [];
  if (platform && platforms.length > 0 && !platforms.includes(platform)) {
    const message = `service.build.platforms MUST include service.platform "${platform}"`;
    report('COMPOSE_EXCLUSIVE', [...at, 'platform'], message);
  }
}

function checkHealthcheck(service: Service, at: TreePath, report: Report): void {
  const { healthcheck } = service;
  const head = healthcheck?.test?.[0];
  if (head !== undefined && !['CMD', 'CMD-SHELL', 'NONE'].includes(head)) {
    const message = 'healthcheck.test must start either by "CMD", "CMD-SHELL" or "NONE"';
    report('COMPOSE_INVALID_VALUE', [...at, 'healthcheck', 'test'], message, `It starts by "${head}".`);
  }
}

function checkScale(service: Service, at: TreePath, report: Report): void {
  const { name, scale } = service;
  const replicas = service.deploy?.replicas;
  if (scale !== undefined && replicas !== undefined && scale !== replicas) {
    const message = `services.${name}: can't set distinct values on 'scale' and 'deploy.replicas'`;
    report('COMPOSE_EXCLUSIVE', [...at, 'scale'], message, 'Remove one of the two.');
  }
  const attribute = scale === undefined ? 'deploy.replicas' : 'scale';
  const path = [...at, ...attribute.split('.')];
  const wanted = scale ?? replicas ?? 1;
  if (wanted < 0) {
    const message = `services.${name}.${attribute}: must be greater than or equal to 0`;
    report('COMPOSE_INVALID_VALUE', path, message);
  }
  if (service.container_name && wanted > 1) {
    const message = `services.${name}: can't set container_name and ${attribute} as container name must be unique`;
    report('COMPOSE_EXCLUSIVE', path, message, 'Remove container_name: Compose then numbers the names.');
  }
}

function checkLimits(service: Service, at: TreePath, report: Report): void {
  const limits = service.deploy?.resources?.limits;
  const reservations = service.deploy?.resources?.reservations;
  const twice: [string, number | undefined, string, number | undefined][] = [
    ['cpus', service.cpus, 'limits.cpus', limits?.cpus],
    ['mem_limit', service.mem_limit, 'limits.memory', limits?.memory],
    ['mem_reservation', service.mem_reservation, 'reservations.memory', reservations?.memory],
    ['pids_limit', service.pids_limit, 'limits.pids', limits?.pids],
  ];
  for (const [attribute, value, other, otherValue] of twice) {
    if (!value || !otherValue || value === otherValue) continue;
    const message = `services.${service.name}: can't set distinct values on '${attribute}' and 'deploy.resources.${other}'`;
    report('COMPOSE_EXCLUSIVE', [...at, attribute], message, 'Remove one of the two.');
  }
}
