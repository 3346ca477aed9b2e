import type { Project } from '../compose/model/project.ts';
import { graphOf } from '../graph/graph.ts';
import { parentsOf } from './divergence.ts';

/** Edges between a project's services, without services that are not in it. */
export const serviceGraph = (project: Project) =>
  graphOf(
    Object.values(project.services).map((service) => [
      service.name,
      [
        ...Object.keys(service.depends_on ?? {}),
        ...parentsOf(service).map((parent) => parent.service),
      ].filter((name) => project.services[name] !== undefined && name !== service.name),
    ]),
  );
