import type { Service } from '../model/service.ts';
import type { Report } from './report.ts';

/** Checks that no two mounts of a service, tmpfs included, have the same path. */
export function checkTargets(service: Service, report: Report): void {
  const { name } = service;
  const mounted = new Map<string, string>();
  const claim = (target: string, attribute: 'tmpfs' | 'volumes', index: number) => {
    const place = `services.${name}.${attribute}[${index}]`;
    const other = mounted.get(target);
    if (other === undefined) mounted.set(target, place);
    else {
      const path = ['services', name, attribute, index];
      report('COMPOSE_DUPLICATE', path, `${place}: target ${target} already mounted as ${other}`);
    }
  };
  for (const [index, entry] of (service.tmpfs ?? []).entries())
    claim(entry.split(':')[0] ?? entry, 'tmpfs', index);
  for (const [index, mount] of (service.volumes ?? []).entries()) {
    if (mount.target) claim(mount.target, 'volumes', index);
  }
}
