import type { TcomposeError } from '../../errors.ts';
import { withoutUnusedResources } from '../config/unused-resources.ts';
import type { Project } from '../model/project.ts';
import type { Positions } from '../positions.ts';
import { problem } from '../problems.ts';

/**
 * Networks and volumes that services use and whose `name` is blank, as an unset variable leaves it. Docker Compose prints them and
 * fails at the engine; by then others have been made.
 */
export function blankNames(project: Project, positions: Positions): TcomposeError[] {
  const { networks, volumes } = withoutUnusedResources(project);
  const sections = { networks, volumes } as const;
  return Object.entries(sections).flatMap(([section, resources]) =>
    Object.entries(resources)
      .filter(([, { name }]) => name === '')
      .map(([key]) =>
        problem(
          'COMPOSE_INVALID_VALUE',
          `${section}.${key}.name is blank`,
          positions,
          [section, key, 'name'],
          {
            hint: 'Set the variable in it or give it a default; without "name:" it is named after the project.',
          },
        ),
      ),
  );
}
