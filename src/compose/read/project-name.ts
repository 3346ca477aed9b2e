import { basename } from 'node:path';
import { TcomposeError } from '../../errors.ts';
import { LayeredPositions } from '../assemble/layers.ts';
import { InvalidTemplate, substitute } from '../interpolate/template.ts';
import { problem } from '../problems.ts';
import { own } from '../tree.ts';
import type { Source } from '../yaml/index.ts';
import type { Discovered } from './discover.ts';

interface Wanted {
  /** `-p`. */
  readonly projectName?: string | undefined;
  /** Use `name:` as it is written. */
  readonly noInterpolate?: boolean | undefined;
}

/** A project's name, and whether it comes from the directory because nobody has set one. */
interface ProjectName {
  readonly name: string;
  readonly afterDirectory: boolean;
}

const given = (name: string): ProjectName => ({ name, afterDirectory: false });

/**
 * The name of a project: the first one set by -p, COMPOSE_PROJECT_NAME, the last `name:` of the files, or the
 * directory's name. A `name:` that is blank after interpolation is a mistake: the directory's name could mean another
 * project.
 * @throws TcomposeError COMPOSE_PROJECT_NAME
 */
export async function projectName(
  { projectName: flag, noInterpolate = false }: Wanted,
  found: Discovered,
  read: (file: string) => Promise<Source>,
): Promise<ProjectName> {
  if (flag !== undefined && flag !== '') return given(checkProjectName(flag));
  const variable = own(found.environment, 'COMPOSE_PROJECT_NAME');
  if (variable !== undefined && variable !== '') return given(checkProjectName(variable));
  const written = await writtenName(found.files, read);
  const value =
    written === undefined || noInterpolate ? written?.text : interpolateName(written.text, found.environment);
  if (written !== undefined && value !== undefined) {
    const name = normalizeProjectName(value);
    if (name !== '') return given(name);
    const hint = value === '' ? `${written.text} is blank: set the variable or give it a default.` : nameRule;
    throw problem('COMPOSE_PROJECT_NAME', emptyName, written.positions, ['name'], { part: 'value', hint });
  }
  const name = normalizeProjectName(basename(found.workingDir));
  if (name !== '') return { name, afterDirectory: true };
  throw new TcomposeError('COMPOSE_PROJECT_NAME', emptyName, {
    hint: 'Name the project with -p, COMPOSE_PROJECT_NAME, or name: in the compose file.',
  });
}

const emptyName = 'project name must not be empty';
const nameRule = 'A name has lower-case letters, digits, "-" and "_"; other characters are dropped.';

/** The last `name:` that contains any text, as written, with its place. */
async function writtenName(
  files: readonly string[],
  read: (file: string) => Promise<Source>,
): Promise<{ readonly text: string; readonly positions: LayeredPositions } | undefined> {
  let last: { readonly text: string; readonly positions: LayeredPositions } | undefined;
  for (const file of files) {
    const source = await read(file);
    for (const [document, { value }] of source.stream.documents.entries()) {
      const text = (value as { name?: unknown } | null)?.name;
      if (typeof text !== 'string' || text === '') continue;
      const positions = new LayeredPositions();
      positions.add({ source, document, from: [], to: [] });
      last = { text, positions };
    }
  }
  return last;
}

/** Undefined for a faulty reference: the actual load reports it with its place. */
function interpolateName(name: string, environment: Readonly<Record<string, string>>): string | undefined {
  try {
    return substitute(name, { lookup: (variable) => own(environment, variable), onUnset: () => {} });
  } catch (error) {
    if (error instanceof InvalidTemplate) return undefined;
    throw error;
  }
}

/** A name in the form of project names: lower case, only `[a-z0-9_-]`, beginning with a letter or digit; may be empty. */
export function normalizeProjectName(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, '')
    .replace(/^[_-]+/, '');
}

/**
 * Checks a name from a flag or variable.
 * @throws TcomposeError COMPOSE_PROJECT_NAME
 */
function checkProjectName(name: string): string {
  const normalized = normalizeProjectName(name);
  if (normalized === name) return name;
  throw new TcomposeError(
    'COMPOSE_PROJECT_NAME',
    `invalid project name "${name}": must consist only of lowercase alphanumeric characters, hyphens, and underscores as well as start with a letter or number`,
    normalized === '' ? {} : { hint: `"${normalized}" would do.` },
  );
}
