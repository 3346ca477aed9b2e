import { existsSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { renderConfig } from '../../src/compose/config/index.ts';
import type { LoadEffects } from '../../src/compose/effects.ts';
import { loadProject } from '../../src/compose/load.ts';
import type { Project } from '../../src/compose/model/project.ts';

const folder = '../shared/conformance';
const present = existsSync(`${folder}/full-example.yml`);
if (!present) console.warn(`skipped: ${folder} is not here`);

/** The example's files at the paths its expected output names. */
const effects: LoadEffects = {
  env: {},
  cwd: '/WORKDIR',
  home: '/HOMEDIR',
  readFile: async (path) => readFileSync(path.replace(/^\/WORKDIR/, folder)),
  readStdin: async () => Buffer.alloc(0),
  kind: async (path) => (existsSync(path.replace(/^\/WORKDIR/, folder)) ? 'file' : undefined),
  realPath: async (path) => path,
};

describe.skipIf(!present)('the full example', () => {
  let project: Project;
  beforeAll(async () => {
    const loaded = await loadProject({
      files: ['full-example.yml'],
      env: { HOME: '/HOMEDIR', BAR: 'this is a secret', QUX: 'qux_from_environment' },
      cwd: '/WORKDIR',
      effects,
      keepEnvFiles: true,
      noNormalize: true,
      noConsistency: true,
    });
    project = loaded.project;
  });

  // The example was made by an older loader with normalisation and consistency off; no line differs.
  test.each([
    ['yaml', 'full-example.expected.yaml'],
    ['json', 'full-example.expected.json'],
  ] as const)('is printed as %s to the byte', (format, file) => {
    expect(renderConfig(project, { format })).toBe(readFileSync(`${folder}/${file}`, 'utf8'));
  });
});
