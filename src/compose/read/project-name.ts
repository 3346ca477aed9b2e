import { TcomposeError } from '../../errors.ts';

/** A name as project names are: lower case, only `[a-z0-9_-]`, beginning with a letter or digit; may come out empty. */
export function normalizeProjectName(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, '')
    .replace(/^[_-]+/, '');
}

/**
 * Holds a name given by flag or variable to the rule.
 * @throws TcomposeError COMPOSE_PROJECT_NAME
 */
export function checkProjectName(name: string): string {
  const normalized = normalizeProjectName(name);
  if (normalized === name) return name;
  throw new TcomposeError(
    'COMPOSE_PROJECT_NAME',
    `invalid project name "${name}": must consist only of lowercase alphanumeric characters, hyphens, and underscores as well as start with a letter or number`,
    normalized === '' ? {} : { hint: `"${normalized}" would do.` },
  );
}
