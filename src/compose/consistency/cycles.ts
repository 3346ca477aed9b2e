import { cycles } from '../../graph/order.ts';
import type { Project } from '../model/project.ts';
import { dependencyGraph } from '../select/dependency-graph.ts';
import type { Report } from './report.ts';

/** Cycles of services that depend on each other, each reported once, beginning with its first name in order. */
export function checkCycles(project: Project, report: Report): void {
  for (const circle of cycles(dependencyGraph(project))) {
    const [start = '', second = start] = circle;
    const message = `dependency cycle detected: ${circle.join(' -> ')}`;
    const hint = 'Remove one of the dependencies in the circle.';
    report('COMPOSE_CYCLE', ['services', start, 'depends_on', second], message, hint);
  }
}
