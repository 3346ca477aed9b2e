import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { loadProject } from '../../../src/compose/load.ts';
import type { Project } from '../../../src/compose/model/project.ts';
import type { EngineClient } from '../../../src/engine/client/engine-client.ts';
import { TcomposeError, TcomposeErrors } from '../../../src/errors.ts';
import { planUp } from '../../../src/project/plan-up/index.ts';
import { preflight, preflightRequest } from '../../../src/project/preflight.ts';
import { World } from '../../support/project/world.ts';

const dir = mkdtempSync(join(tmpdir(), 'tcompose-test-'));
afterAll(() => rmSync(dir, { recursive: true }));

async function loadText(text: string): Promise<Project> {
  const file = join(dir, 'compose.yaml');
  writeFileSync(file, text);
  return (await loadProject({ files: [file], env: {}, cwd: dir })).project;
}

const services = `
name: shop
services:
  web: {image: i, ports: ["8080:80"]}
  api: {image: i, ports: ["9000:90"], networks: [inside]}
networks:
  inside: {internal: true}
`;
const options = {
  recreate: 'diverged',
  recreateDependencies: 'diverged',
  start: true,
  noDeps: false,
  wait: false,
  removeOrphans: false,
  ignoreOrphans: false,
  renewAnonymousVolumes: false,
  renewVolumes: new Set<string>(),
  timeout: undefined,
  images: { canPull: false, nowMs: 0 },
  version: '0',
} as const;

const planFor = (project: Project, world: World, more: object = {}) => {
  world.addImages(project);
  return planUp(project, world.observe(), { ...options, ...more });
};
const answering = (problems: readonly object[]) =>
  ({ system: { preflight: async () => ({ problems }) } }) as unknown as EngineClient;

test('new containers are asked about by name; ports of internal networks do not matter', async () => {
  const project = await loadText(services);
  const request = await preflightRequest(project, planFor(project, new World()));
  expect(request.create?.map(({ name, start }) => `${name} ${start}`).sort()).toEqual([
    'shop-api-1 false',
    'shop-web-1 true',
  ]);
  expect(request.create?.find(({ name }) => name === 'shop-web-1')?.request.HostConfig?.PortBindings).toEqual(
    {
      '80/tcp': [{ HostPort: '8080' }],
    },
  );
  expect(request).toMatchObject({ start: [], release: [] });
});

test('containers that are only created need no ports', async () => {
  const project = await loadText(services);
  const request = await preflightRequest(project, planFor(project, new World(), { start: false }));
  expect(request.create?.map(({ start }) => start)).toEqual([false, false]);
});

test('stopped containers are asked about by id, and those that are replaced give their ports back', async () => {
  const project = await loadText(services);
  const world = new World();
  world.apply(planFor(project, world));
  world.box('shop-web-1').state = 'exited';
  const stopped = await preflightRequest(project, planFor(project, world));
  expect(stopped).toMatchObject({ create: [], start: [world.box('shop-web-1').id], release: [] });
  const replaced = await preflightRequest(project, planFor(project, world, { recreate: 'force' }));
  expect(replaced.start).toEqual([]);
  expect([...replaced.release!].sort()).toEqual(
    [world.box('shop-web-1').id, world.box('shop-api-1').id].sort(),
  );
});

test('each problem is an error that names the container', async () => {
  const project = await loadText(services);
  const plan = planFor(project, new World());
  const taken = { container: 'shop-web-1', code: 'NETWORK_PORT_IN_USE', message: 'taken', hint: 'free it' };
  const one = await preflight(answering([taken]), project, plan).catch((error: unknown) => error);
  expect(one).toBeInstanceOf(TcomposeError);
  expect(one).toMatchObject({
    code: 'NETWORK_PORT_IN_USE',
    message: 'container shop-web-1 cannot be started: taken',
    hint: 'free it',
  });
  const two = await preflight(
    answering([taken, { container: 'shop-api-1', code: 'ENGINE_BAD_PARAMETER', message: 'no' }]),
    project,
    plan,
  ).catch((error: unknown) => error);
  expect(two).toBeInstanceOf(TcomposeErrors);
  expect((two as TcomposeErrors).errors.map(({ message }) => message)).toEqual([
    'container shop-web-1 cannot be started: taken',
    'container shop-api-1 cannot be created: no',
  ]);
  await expect(preflight(answering([]), project, plan)).resolves.toBeUndefined();
});

test('the file of a config that is not there is named', async () => {
  const project = await loadText(`
name: shop
services:
  web: {image: i, configs: [{source: settings, mode: 0400}]}
configs:
  settings: {file: ./absent.conf}
`);
  const plan = planFor(project, new World());
  await expect(preflight(answering([]), project, plan)).rejects.toMatchObject({
    code: 'PROJECT_FILE_MISSING',
    message: expect.stringContaining(join(dir, 'absent.conf')),
  });
});
