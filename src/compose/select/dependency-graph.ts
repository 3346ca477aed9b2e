import { type Graph, graphOf } from '../../graph/graph.ts';
import type { Project } from '../model/project.ts';

/** Services of a project with those that `depends_on` names for each; names that are no enabled service are left out. */
export const dependencyGraph = ({ services }: Pick<Project, 'services'>): Graph =>
  graphOf(
    Object.values(services).map((service) => [
      service.name,
      Object.keys(service.depends_on ?? {}).filter((name) => Object.hasOwn(services, name)),
    ]),
  );
