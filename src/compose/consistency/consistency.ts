import type { TcomposeError } from '../../errors.ts';
import type { Project } from '../model/project.ts';
import type { Positions } from '../positions.ts';
import { inFileOrder, maxProblems } from '../problems.ts';
import { checkContradictions } from './contradictions.ts';
import { checkCycles } from './cycles.ts';
import { checkReferences } from './references.ts';
import { type Report, reportTo } from './report.ts';
import { checkTargets } from './targets.ts';

/**
 * Dangling references, contradictory attributes and services, dependency cycles: all that affect the enabled services,
 * in the order of the file. If Docker Compose has the check, the message is the same.
 * @param selected services that will have containers: only of these, no two may use the same container name.
 */
export function checkConsistency(
  project: Project,
  positions: Positions,
  selected: ReadonlySet<string> = new Set(Object.keys(project.services)),
): TcomposeError[] {
  const errors: TcomposeError[] = [];
  const add = reportTo(errors, positions);
  const report: Report = (...complaint) => {
    if (errors.length < maxProblems) add(...complaint);
  };
  for (const service of Object.values(project.services)) {
    checkContradictions(service, report);
    checkReferences(project, service, report);
    checkTargets(service, report);
  }
  checkSecrets(project, report);
  checkContainerNames(project, selected, report);
  checkCycles(project, report);
  return inFileOrder(errors);
}

function checkSecrets(project: Project, report: Report): void {
  for (const [name, secret] of Object.entries(project.secrets)) {
    if (secret.external || secret.file || secret.environment || secret.driver) continue;
    const message = `secret "${name}" must declare either \`file\` or \`environment\``;
    report('COMPOSE_MISSING_ATTRIBUTE', ['secrets', name], message);
  }
}

function checkContainerNames(project: Project, selected: ReadonlySet<string>, report: Report): void {
  const owners = new Map<string, string>();
  for (const { name, container_name: container } of Object.values(project.services)) {
    if (!container || !selected.has(name)) continue;
    const other = owners.get(container);
    if (other === undefined) owners.set(container, name);
    else {
      const message = `services.${name}: container name "${container}" is already in use by service ${other}`;
      report('COMPOSE_DUPLICATE', ['services', name, 'container_name'], message);
    }
  }
}
