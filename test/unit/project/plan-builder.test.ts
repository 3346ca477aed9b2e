import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EngineClient } from '../../../src/engine/client/engine-client.ts';
import { execute } from '../../../src/project/execute/index.ts';
import type { Operation, Plan, Step, StepRef } from '../../../src/project/plan.ts';
import { PlanBuilder } from '../../../src/project/plan-builder.ts';

const pause = (name: string): Operation => ({ kind: 'pause-container', container: name, id: name });

describe('a plan under construction', () => {
  test('a reference to a step of another plan is an internal error', () => {
    const other = new PlanBuilder().add(pause('elsewhere'), '');
    const plan = new PlanBuilder();
    const own = plan.add(pause('here'), '');
    expect(() => plan.needs(other, [own])).toThrow('the plan has no step "pause container elsewhere"');
    plan.needs(own, [other]);
    expect(() => plan.build()).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
  });

  test('steps that wait for each other are an internal error that names them', () => {
    const plan = new PlanBuilder();
    const a = plan.add(pause('a'), '');
    const b = plan.add(pause('b'), '', [a]);
    const c = plan.add(pause('c'), '', [b]);
    plan.needs(b, [c]);
    expect(() => plan.build()).toThrow(
      'steps of the plan wait for each other: pause container b -> pause container c -> pause container b',
    );
  });

  test('each step comes after what it needs, and a plan goes on from a finished one', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.nat(30), { maxLength: 4 }), { maxLength: 20 }), (needs) => {
        const plan = new PlanBuilder();
        const refs = needs.map((_, at) => plan.add(pause(`s${at}`), ''));
        needs.forEach((list, at) => {
          // Only to steps with a greater number, added later: the order must come from what is needed.
          for (const one of list) if (at + 1 + one < refs.length) plan.needs(refs[at]!, [refs[at + 1 + one]]);
        });
        const last = PlanBuilder.from(plan.build());
        last.add(pause('last'), '', refs);
        const { steps } = last.build();
        const done = new Set<StepRef>();
        for (const step of steps) {
          for (const id of step.after) expect(done.has(id)).toBe(true);
          done.add(step.id);
        }
        expect(done.size).toBe(refs.length + 1);
      }),
    );
  });
});

test('a plan whose steps never come to their turn is no success', async () => {
  const never = 'a step of nowhere' as StepRef;
  const step: Step = {
    id: 'pause container a' as StepRef,
    after: [never],
    resource: { kind: 'container', name: 'a' },
    operation: pause('a'),
    cause: '',
  };
  const plan: Plan = { steps: [step], warnings: [], unchanged: [], ids: new Map() };
  await expect(
    execute(plan, {
      client: {} as EngineClient,
      project: 'p',
      emit: () => {},
      now: () => 0,
      signal: new AbortController().signal,
      parallel: -1,
    }),
  ).rejects.toMatchObject({
    code: 'INTERNAL',
    message: 'some steps of the plan never ran: pause container a',
  });
});
