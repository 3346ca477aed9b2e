import { expect, test } from 'vitest';
import {
  imageNames,
  modelNames,
  networkNames,
  profileNames,
  serviceNames,
  volumeNames,
  withoutUnusedResources,
} from '../../../../src/compose/config/index.ts';
import { environmentLines } from '../../../../src/compose/config/listings.ts';
import { loadTree } from '../phases.ts';

const { project } = loadTree({
  services: {
    web: { image: 'nginx', depends_on: ['api'], networks: ['front'], models: ['llm'] },
    api: {
      build: '.',
      depends_on: ['db', 'cache'],
      volumes: ['data:/d', 'other'],
      secrets: ['used'],
      configs: ['c'],
    },
    db: { image: 'pg', profiles: ['z', 'a'] },
    cache: { provider: { type: 'p' }, depends_on: ['db'] },
    alone: { image: 'x' },
  },
  networks: { front: null, unused: null },
  volumes: { unused: null, data: null },
  secrets: { used: { file: './u' }, unused: { file: './v' } },
  configs: { c: { content: 'x' }, unused: { content: 'y' } },
  models: { llm: { model: 'ai/llm' }, unused: { model: 'ai/none' } },
});

test('services come after what they depend on, else by name', () => {
  expect(serviceNames(project)).toEqual(['alone', 'db', 'cache', 'api', 'web']);
});

test('a circle, checks being off, still lists each service once', () => {
  const circle = loadTree(
    { services: { a: { image: 'x', depends_on: ['b'] }, b: { image: 'x', depends_on: ['a'] } } },
    { consistency: false },
  );
  expect(serviceNames(circle.project).sort()).toEqual(['a', 'b']);
});

test('images, built ones by their default name, none for a provider', () => {
  expect(imageNames(project)).toEqual(['x', 'p-api', 'pg', 'nginx']);
});

test('names of resources, profiles and the environment, sorted', () => {
  expect(networkNames(project)).toEqual(['default', 'front', 'unused']);
  expect(volumeNames(project)).toEqual(['data', 'unused']);
  expect(modelNames(project)).toEqual(['ai/llm', 'ai/none']);
  expect(profileNames(project)).toEqual(['a', 'z']);
  expect(environmentLines({ ...project, environment: { B: '2', A: 'x=y' } })).toEqual(['A=x=y', 'B=2']);
});

test('resources that no service uses can be left out', () => {
  const { networks, volumes, secrets, configs, models } = withoutUnusedResources(project);
  expect([networks, volumes, secrets, configs, models].map((part) => Object.keys(part))).toEqual([
    ['default', 'front'],
    ['data'],
    ['used'],
    ['c'],
    ['llm'],
  ]);
});
