import { readdirSync, statSync } from 'node:fs';
import { posix } from 'node:path';
import type { Project } from '../../compose/model/project.ts';
import type { EngineClient } from '../../engine/client/engine-client.ts';
import { observeContainers } from '../../project/observe.ts';
import { visibleLine } from '../../visible.ts';
import { bytesOfText, relativeTo, textOfBytes } from '../../watch/change.ts';
import { compareStanding, type Difference } from '../../watch/compare.ts';
import { conflictEnding } from '../../watch/merge.ts';
import type { CompiledRule } from '../../watch/rule.ts';
import type { CliContext } from '../context.ts';
import { listItems } from './list-items.ts';
import { projectRules } from './project-rules.ts';
import { standingHere, standingThere } from './standing.ts';
import { shownPath } from './watcher.ts';

/** How a container compares with a rule that syncs. */
interface RuleStatus {
  readonly service: string;
  /** Null: the service has no container. */
  readonly container: string | null;
  readonly path: string;
  readonly target: string;
  readonly both: boolean;
  /** Number of paths here to which the rule applies. */
  readonly count: number;
  readonly differences: readonly Difference[];
}

interface StatusInput {
  readonly client: EngineClient;
  readonly project: Project;
  readonly services: readonly string[];
  readonly json: boolean;
}

/**
 * Reports where containers differ from what the sync rules would give. @returns 1 when something here is missing or
 * different there; additional files of a container don't count. @throws TcomposeError when nothing is configured for
 * watch
 */
export async function showWatchStatus(ctx: CliContext, input: StatusInput): Promise<number> {
  const { client, project, services, json } = input;
  const { rules } = await projectRules(project, services);
  const containers = (await observeContainers(client, project.name)).filter(({ oneoff }) => !oneoff);
  const all: RuleStatus[] = [];
  for (const rule of rules) {
    if (rule.target === undefined) continue;
    const here = await standingHere(await listItems(rule));
    const head = {
      service: rule.service,
      path: textOfBytes(rule.path),
      target: textOfBytes(rule.target),
      both: rule.both,
    };
    const own = containers.filter(({ service }) => service === rule.service);
    if (own.length === 0) all.push({ ...head, container: null, count: here.size, differences: [] });
    for (const { id, name } of own) {
      const there = await standingThere(client, id, posix.join('/', rule.target));
      const found = [...compareStanding(here, there, (target) => isOf(rule, target))];
      if (rule.both) found.push(...conflictsOf(rule.path));
      const differences = found.map((one) => ({ ...one, target: textOfBytes(one.target) }));
      all.push({ ...head, container: name, count: here.size, differences });
    }
  }
  if (json) ctx.write(`${JSON.stringify(all, undefined, 2)}\n`);
  else ctx.write(all.length === 0 ? 'no rule syncs\n' : all.map((one) => textOf(one, ctx.cwd)).join(''));
  return all.every(isAsHere) ? 0 : 1;
}

const isAsHere = ({ container, differences }: RuleStatus): boolean =>
  container !== null && differences.every(({ difference }) => difference === 'extra');

/** Versions from a container that were put beside files here. */
function conflictsOf(path: string): readonly Difference[] {
  const at = Buffer.from(path, 'latin1').toString();
  if (!statSync(at, { throwIfNoEntry: false })?.isDirectory()) return [];
  return readdirSync(at, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(conflictEnding))
    .map((name) => ({ target: bytesOfText(posix.join(at, name)), difference: 'conflict' }));
}

/** Whether the rule would have put something there if it existed here. */
function isOf(rule: CompiledRule, target: string): boolean {
  const below = relativeTo(target, posix.join('/', rule.target ?? '').replace(/(.)\/$/, '$1'));
  return rule.targetOf(below === '' ? rule.path : posix.join(rule.path, below)) === target;
}

function textOf(status: RuleStatus, cwd: string): string {
  const { service, container, path, target, both, count, differences } = status;
  const head = `${container ?? service}: ${shownPath(Buffer.from(path).toString('latin1'), cwd)} ${both ? '↔' : '→'} ${target}`;
  if (container === null) return `${visibleLine(`${head}: there is no container`)}\n`;
  const said = isAsHere(status) ? `same as here (${count})` : 'differs';
  const lines = differences.map((one) => `  ${one.difference.padEnd(9)}  ${visibleLine(one.target)}\n`);
  return `${visibleLine(`${head}: ${said}`)}\n${lines.join('')}`;
}
