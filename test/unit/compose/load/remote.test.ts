import { expect, it } from 'vitest';
import { loadProject } from '../../../../src/compose/load.ts';
import { TcomposeError } from '../../../../src/errors.ts';
import { memoryEffects } from '../../../support/memory-files.ts';

const files = {
  '/cache/app/compose.yaml': 'services: {a: {image: "${IMAGE:-x}", volumes: ["./v:/v"], env_file: a.env}}',
  '/cache/app/a.env': 'A=1',
  '/cache/app/.env': 'IMAGE=fetched',
  '/project/include.yaml': 'include: ["https://h/r.git#main"]\nservices: {b: {image: y}}',
  '/project/extends.yaml': 'services: {b: {extends: {file: "oci://reg/app", service: a}}}',
};

const asked: string[] = [];
const effects = {
  ...memoryEffects(files),
  fetchRemote: async (reference: string) => {
    asked.push(reference);
    if (reference.includes('gone'))
      throw new TcomposeError('COMPOSE_REMOTE', `${reference}: it is not there`);
    return '/cache/app/compose.yaml';
  },
};
const load = (...named: string[]) => loadProject({ effects, env: {}, files: named });

it('a compose file from elsewhere is a project in the directory it was fetched to', async () => {
  const { project } = await load('oci://reg/app:1');
  expect(project).toMatchObject({ name: 'app', workingDir: '/cache/app' });
  expect(project.services.a).toMatchObject({
    image: 'fetched',
    environment: { A: '1' },
    volumes: [{ source: '/cache/app/v' }],
  });
});

it('it may be included, extended, and overridden by a local one', async () => {
  const included = await load('include.yaml');
  expect(Object.keys(included.project.services).sort()).toEqual(['a', 'b']);
  expect(included.project.services.a?.volumes?.[0]?.source).toBe('/cache/app/v');
  expect((await load('extends.yaml')).project.services.b?.volumes?.[0]?.source).toBe('/cache/app/v');
  expect(Object.keys((await load('git@h:r.git', 'include.yaml')).project.services).sort()).toEqual([
    'a',
    'b',
  ]);
});

it('one that can not be had is told with the place that names it', async () => {
  const gone = { ...files, '/project/gone.yaml': 'services: {}\ninclude:\n  - git@h:gone.git\n' };
  const failed = loadProject({
    effects: { ...effects, ...memoryEffects(gone), fetchRemote: effects.fetchRemote },
    env: {},
    files: ['gone.yaml'],
  });
  await expect(failed).rejects.toMatchObject({ code: 'COMPOSE_REMOTE', where: { line: 3 } });
});
