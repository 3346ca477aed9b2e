import type { Project } from '../../compose/model/project.ts';
import type { Plan } from '../plan.ts';
import { PlanBuilder } from '../plan-builder.ts';

interface PushOptions {
  readonly quiet: boolean;
  readonly ignoreFailures: boolean;
}

/**
 * `push`: pushes the image and additional tags of each service that is built and has an image name (Docker Compose's
 * rule). Pure.
 */
export function planPush(project: Project, options: PushOptions): Plan {
  const plan = new PlanBuilder();
  for (const service of Object.values(project.services)) {
    const { name, build, image } = service;
    if (build === undefined || image === undefined) {
      const reason = build === undefined ? 'It is not built here' : 'Its image has no name of its own';
      plan.skipped.push({ kind: 'service', name, reason });
      continue;
    }
    for (const reference of new Set([image, ...(build.tags ?? [])]))
      plan.add(
        {
          kind: 'push-image',
          reference,
          service: name,
          quiet: options.quiet,
          failureIs: options.ignoreFailures ? 'warning' : 'error',
        },
        'push was asked for',
      );
  }
  return plan.build();
}
