import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderConfig } from '../../src/compose/config/index.ts';
import { loadProject } from '../../src/compose/load.ts';
import { TcomposeError, TcomposeErrors } from '../../src/errors.ts';
import { memoryEffects } from './memory-files.ts';
import { mutateProject } from './mutate.ts';

/** The text files under a directory, as files of a project at /project. */
export function projectFiles(directory: string): Record<string, string> {
  const files: Record<string, string> = {};
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name === 'expected.yaml') continue;
    const path = join(entry.parentPath, entry.name);
    files[join('/project', path.slice(directory.length))] = readFileSync(path, 'utf8');
  }
  return files;
}

export type Outcome = 'loaded' | 'refused';

/**
 * Loads and prints one mutation of a project.
 * @throws whatever isn't an error made for the user: a bug.
 */
export async function loadMutation(files: Readonly<Record<string, string>>, seed: number): Promise<Outcome> {
  const effects = memoryEffects(mutateProject(files, seed));
  try {
    const { project } = await loadProject({ effects, env: {}, profiles: ['*'] });
    renderConfig(project, { format: 'yaml' });
    renderConfig(project, { format: 'json' });
    return 'loaded';
  } catch (error) {
    if (error instanceof TcomposeError || error instanceof TcomposeErrors) {
      for (const one of error instanceof TcomposeErrors ? error.errors : [error]) {
        if (one.message === '' || one.code === 'INTERNAL') throw new Error(`no proper error: ${one.stack}`);
      }
      return 'refused';
    }
    throw error;
  }
}
