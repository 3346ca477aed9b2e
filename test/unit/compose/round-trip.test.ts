import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { renderConfig } from '../../../src/compose/config/index.ts';
import { type LoadOptions, loadProject } from '../../../src/compose/load.ts';
import type { Project } from '../../../src/compose/model/project.ts';
import { TcomposeError, TcomposeErrors } from '../../../src/errors.ts';
import { memoryEffects } from '../../support/memory-files.ts';
import { composeTree } from './project-arbitrary.ts';

const world = { TOKEN: 'secret', HOME: '/home' };

/** The project of one file's text; undefined when it is refused. */
async function load(text: string): Promise<Project | undefined> {
  const options: LoadOptions = {
    env: world,
    cwd: '/p',
    effects: memoryEffects({ '/p/compose.yaml': text }, { cwd: '/p' }),
  };
  try {
    return (await loadProject(options)).project;
  } catch (error) {
    if (error instanceof TcomposeError || error instanceof TcomposeErrors) return undefined;
    throw error;
  }
}

describe('what config prints loads to what it was printed from', () => {
  test('generated projects, as YAML and as JSON', async () => {
    let loaded = 0;
    await fc.assert(
      fc.asyncProperty(composeTree, async (tree) => {
        const escaped = stringify(tree, { aliasDuplicateObjects: false }).replaceAll('$', '$$$$');
        const project = await load(escaped);
        if (project === undefined) return;
        loaded += 1;
        const yaml = renderConfig(project, { format: 'yaml' });
        const again = await load(yaml);
        expect(renderConfig(again!, { format: 'yaml' })).toBe(yaml);
        const json = renderConfig(project, { format: 'json' });
        const fromJson = await load(json);
        expect(renderConfig(fromJson!, { format: 'json' })).toBe(json);
      }),
      { numRuns: 300 },
    );
    expect(loaded).toBeGreaterThan(150);
  });

  const fixtures = readdirSync('fixtures', { recursive: true, encoding: 'utf8' })
    // What is only there to be included need not stand alone.
    .filter((path) => path.endsWith('/compose.yaml') && !path.includes('included'))
    .map((path) => path.replace('/compose.yaml', ''));

  test.each(fixtures)('fixtures/%s', async (name) => {
    const { project } = await loadProject({ cwd: `${process.cwd()}/fixtures/${name}`, env: world });
    const yaml = renderConfig(project, { format: 'yaml' });
    expect(renderConfig((await load(yaml))!, { format: 'yaml' })).toBe(yaml);
  });
});
