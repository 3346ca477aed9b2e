import { describe, expect, it } from 'vitest';
import { buildsAfter } from '../../../../src/cli/watch/session/builds-after.ts';
import { RuleSet } from '../../../../src/cli/watch/session/rule-set.ts';
import type { Project } from '../../../../src/compose/model/project.ts';
import { compileRule } from '../../../../src/watch/rule.ts';

const project = (services: object) => ({ services }) as unknown as Project;
const rules = new RuleSet({
  rules: [compileRule({ service: 'ruled', action: 'rebuild', path: '/p' })],
  ignoreFiles: [],
  dockerfiles: ['ruled', 'web', 'job'].map((service) => ({ service, path: '/p/Dockerfile' })),
  warnings: [],
});

describe('images that are built again after an edit', () => {
  const before = project({
    web: { build: { context: '/p' } },
    job: { build: {} },
    ruled: { build: {} },
    plain: {},
  });

  it('are those of an edited Dockerfile, unless a rule rebuilds for it', () => {
    expect([...buildsAfter(before, before, ['/p/Dockerfile'], rules).keys()]).toEqual(['web', 'job']);
    expect(buildsAfter(before, before, ['/p/compose.yaml'], rules).size).toBe(0);
    expect(rules.describes('/p/Dockerfile')).toBe(true);
  });

  it('are those whose build is another one; a new service is built by its creation', () => {
    const after = project({
      web: { build: { context: '/q' } },
      job: { build: {} },
      plain: {},
      added: { build: {} },
    });
    expect([...buildsAfter(before, after, [], rules)]).toEqual([['web', 'its build was edited']]);
  });
});
