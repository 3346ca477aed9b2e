import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { renderConfig } from '../../../../src/compose/config/index.ts';
import { shapes } from '../../../../src/compose/generated/attributes.ts';
import { loadProject } from '../../../../src/compose/load.ts';

const folder = 'fixtures/config/all-attributes';

const load = () =>
  loadProject({
    cwd: `${process.cwd()}/${folder}`,
    env: { HOME: '/home/me', TOKEN: 'never printed', FROM_PROJECT: 'argument' },
  });

test.each(['yaml', 'json'] as const)(
  'every attribute is printed as the golden file has it: %s',
  async (format) => {
    const { project } = await load();
    const printed = renderConfig(project, { format }).replaceAll(`${process.cwd()}/${folder}`, '/project');
    expect(printed).toBe(readFileSync(`${folder}/expected.${format}`, 'utf8'));
  },
);

test('the golden file has every attribute of a service', () => {
  const text = readFileSync(`${folder}/compose.yaml`, 'utf8');
  const missing = Object.keys(shapes.Service?.keys ?? {}).filter((name) => !text.includes(`\n    ${name}:`));
  expect(missing).toEqual([]);
});

test('what one machine does not carry out is warned about by name', async () => {
  const { warnings } = await load();
  expect(warnings.map(({ message }) => /^"([^"]+)"/.exec(message)?.[1] ?? message)).toEqual([
    'storage_opt',
    'deploy.restart_policy.delay',
    'deploy.restart_policy.window',
    'cpu_count',
    'cpu_percent',
    'credential_spec',
    'isolation',
    'models',
    'use_api_socket',
    'provider',
  ]);
});
