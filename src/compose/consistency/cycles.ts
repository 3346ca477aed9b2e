import type { Project } from '../model/project.ts';
import type { Report } from './report.ts';

/**
 * Circles of services that depend on each other, each told once, beginning with its first name in order. Iterative, for a
 * chain may be as long as the file. Linear in services and dependencies.
 */
export function checkCycles(project: Project, report: Report): void {
  const done = new Set<string>();
  for (const root of Object.keys(project.services).sort()) {
    if (done.has(root)) continue;
    const way: { readonly name: string; readonly next: Iterator<string> }[] = [];
    const onWay = new Map<string, number>();
    const enter = (name: string) => {
      onWay.set(name, way.length);
      way.push({ name, next: dependenciesOf(project, name)[Symbol.iterator]() });
    };
    enter(root);
    while (way.length > 0) {
      const step = way.at(-1)!;
      const { value: next, done: ended } = step.next.next();
      if (ended) {
        way.pop();
        onWay.delete(step.name);
        done.add(step.name);
      } else if (onWay.has(next)) {
        const circle = way.slice(onWay.get(next)).map(({ name }) => name);
        reportCircle(circle, report);
      } else if (!done.has(next)) enter(next);
    }
  }
}

const dependenciesOf = (project: Project, name: string): string[] =>
  Object.keys(project.services[name]?.depends_on ?? {})
    .filter((dependency) => Object.hasOwn(project.services, dependency))
    .sort();

function reportCircle(circle: readonly string[], report: Report): void {
  const first = circle.indexOf([...circle].sort()[0] ?? '');
  const turned = [...circle.slice(first), ...circle.slice(0, first)];
  const [start = '', second = start] = turned;
  const message = `dependency cycle detected: ${[...turned, start].join(' -> ')}`;
  const hint = 'Remove one of the dependencies in the circle.';
  report('COMPOSE_CYCLE', ['services', start, 'depends_on', second], message, hint);
}
