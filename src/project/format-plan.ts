import { visibleLine } from '../visible.ts';
import type { Plan, Step } from './plan.ts';

/** What each step does, as text; for a replacement, also whose place it takes. */
export function describeStep(step: Step): string {
  const { operation } = step;
  if (operation.kind === 'create-container' && operation.as !== operation.container)
    return `create container ${operation.as} to replace ${operation.container}`;
  if (operation.kind === 'wait') {
    const words = {
      healthy: 'to be healthy',
      completed: 'to complete',
      ready: 'to be ready',
      done: 'to be ready or done',
    };
    return `wait for service ${operation.service} ${words[operation.condition]}${operation.required ? '' : ' (optional)'}`;
  }
  if (operation.kind === 'kill-container')
    return `kill container ${operation.container} with ${operation.signal}`;
  return step.id;
}

/**
 * A plan as text, one line per step: its number, what it does, the numbers of the steps that it waits for, and why.
 *
 *     1  create network shop_default                it does not exist
 *     2  create container shop-web-1  after 1       service web has no container number 1
 */
export function formatPlan(plan: Plan): string {
  const lines = plan.warnings.map((warning) => `warning: ${visibleLine(warning)}`);
  for (const { kind, name, reason } of plan.skipped ?? [])
    lines.push(visibleLine(`${kind} ${name} is skipped: ${reason}`));
  if (plan.steps.length === 0) lines.push('nothing to do');
  const numbers = new Map(plan.steps.map((step, at) => [step.id, at + 1]));
  const rows = plan.steps.map((step) => {
    const after = step.after.map((id) => numbers.get(id)!).sort((a, b) => a - b);
    return [
      String(numbers.get(step.id)),
      `${visibleLine(describeStep(step))}${after.length === 0 ? '' : `  after ${after.join(', ')}`}`,
      visibleLine(step.cause),
    ] as const;
  });
  const widths = [0, 1].map((at) => Math.max(0, ...rows.map((row) => row[at]!.length)));
  for (const [number, what, why] of rows)
    lines.push(`${number.padStart(widths[0]!)}  ${what.padEnd(widths[1]!)}  ${why}`);
  return `${lines.join('\n')}\n`;
}
