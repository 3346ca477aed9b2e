import { describe, expect, test } from 'vitest';
import type { Project } from '../../../src/compose/model/project.ts';
import type { Observed, ObservedContainer } from '../../../src/project/observed.ts';
import { planDown } from '../../../src/project/plan-down.ts';

const container = (name: string, service: string, more: Partial<ObservedContainer> = {}) =>
  ({
    ...{ id: name, name, service, number: 1, oneoff: false, state: 'running', labels: {}, image: 'i' },
    ...{ networks: {}, mounts: [], networkMode: '', ...more },
  }) as unknown as ObservedContainer;

const containers = [
  container('web-1', 'web'),
  container('tool-1', 'tool'),
  container('old-1', 'old'),
  container('shell', 'web', { oneoff: true }),
  container('ended', 'web', { oneoff: true, state: 'exited' }),
];
const project = {
  name: 'p',
  services: { web: { name: 'web' } },
  disabledServices: { tool: { name: 'tool', profiles: ['dev'] } },
  networks: {},
  volumes: {},
} as unknown as Project;
const observed = { containers, networks: [], volumes: [], images: new Map() } as unknown as Observed;

function down(model: Project | undefined, options: Partial<Parameters<typeof planDown>[3]>) {
  const plan = planDown('p', model, observed, {
    ...{ volumes: false, everything: false, removeOrphans: false, ignoreOrphans: false },
    ...{ images: 'none', timeout: undefined, ...options },
  });
  const removed = plan.steps.flatMap(({ operation }) =>
    operation.kind === 'remove-container' ? [operation.container] : [],
  );
  return { removed: removed.sort(), warnings: plan.warnings };
}

describe('down', () => {
  test('leaves containers of run, of other services and of profiles that are not enabled, and says so', () => {
    expect(down(project, {})).toEqual({
      removed: ['web-1'],
      warnings: [
        'found orphan containers (old-1) of project p; --remove-orphans removes them too',
        'containers of `run` stay (shell); --remove-orphans removes them too',
        'containers of services that no profile enables stay (tool-1); --profile dev removes them too',
      ],
    });
  });

  test('takes all but those of profiles with --remove-orphans', () => {
    expect(down(project, { removeOrphans: true }).removed).toEqual(['ended', 'old-1', 'shell', 'web-1']);
  });

  test.each([
    ['by the name of the project', project, { everything: true }, ['old-1', 'tool-1', 'web-1']],
    ['without a compose file', undefined, {}, ['old-1', 'tool-1', 'web-1']],
    ['of a service by its name', project, { services: new Set(['tool']) }, ['tool-1']],
  ])('takes every service %s', (_, model, options, removed) => {
    expect(down(model, options)).toMatchObject({ removed });
  });
});
