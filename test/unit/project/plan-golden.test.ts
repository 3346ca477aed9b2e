import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadProject } from '../../../src/compose/load.ts';
import type { Project } from '../../../src/compose/model/project.ts';
import { copiedPaths } from '../../../src/project/content-parts.ts';
import { dependenciesOf, withDependencies, withRestartedAlong } from '../../../src/project/dependencies.ts';
import { formatPlan } from '../../../src/project/format-plan.ts';
import type { Plan } from '../../../src/project/plan.ts';
import { planDown } from '../../../src/project/plan-down.ts';
import { planRestart } from '../../../src/project/plan-lifecycle/restart.ts';
import { planStart } from '../../../src/project/plan-lifecycle/start.ts';
import { planStop } from '../../../src/project/plan-lifecycle/stop.ts';
import { planUp } from '../../../src/project/plan-up/index.ts';
import type { UpOptions } from '../../../src/project/plan-up/options.ts';
import { World } from '../../support/project/world.ts';

/** case.yaml of a case: what the world is like and what is asked for. Every key is optional. */
interface Case {
  readonly about: string;
  readonly command?: 'up' | 'down' | 'stop' | 'start' | 'restart';
  /** Services that `stop`, `start` and `restart` are about; default: all. */
  readonly services?: readonly string[];
  /** `restart --no-deps`. */
  readonly noDeps?: boolean;
  /** Up options that differ from the defaults. */
  readonly options?: Omit<Partial<UpOptions>, 'roots' | 'renewVolumes'> & {
    readonly roots?: readonly string[];
    readonly renewVolumes?: readonly string[];
  };
  readonly down?: Partial<Parameters<typeof planDown>[3]>;
  /** Container → what became of it since the first `up`: a state, or `exited N`. */
  readonly since?: Readonly<Record<string, string>>;
  readonly oneShots?: readonly string[];
  /** Images that have been replaced by others since. */
  readonly newImages?: readonly string[];
  /** Containers that are gone, e.g. removed by hand. */
  readonly removed?: readonly string[];
  /** Networks and volumes that somebody removed, although containers know them. */
  readonly gone?: readonly string[];
  /** What became of files that are copied into containers: the last part of the path → its content. */
  readonly files?: Readonly<Record<string, string>>;
  /** Take the project from labels only. */
  readonly withoutFile?: boolean;
}

const defaults: UpOptions = {
  recreate: 'diverged',
  recreateDependencies: 'diverged',
  start: true,
  noDeps: false,
  wait: false,
  removeOrphans: false,
  ignoreOrphans: false,
  renewAnonymousVolumes: false,
  renewVolumes: new Set(),
  timeout: undefined,
  images: { canPull: false, nowMs: 0 },
  version: 'test',
};

const root = 'fixtures/plan';
const cases = readdirSync(root).sort();

async function load(dir: string, file: string): Promise<Project> {
  const { project } = await loadProject({
    files: [join(dir, file)],
    projectName: 'shop',
    // For values that come from the environment and are others later.
    env: { STAGE: file === 'before.yaml' ? 'before' : 'after' },
    cwd: process.cwd(),
  });
  return project;
}

function optionsOf(given: Case): UpOptions {
  const { roots, renewVolumes, ...rest } = given.options ?? {};
  return {
    ...defaults,
    ...rest,
    ...(roots === undefined ? {} : { roots: new Set(roots) }),
    renewVolumes: new Set(renewVolumes ?? []),
  };
}

/** The world after `before.yaml` was brought up and what `since` says has happened. */
async function worldOf(dir: string, given: Case): Promise<World> {
  const world = new World();
  for (const name of given.oneShots ?? []) world.oneShots.add(name);
  if (!existsSync(join(dir, 'before.yaml'))) return world;
  const before = await load(dir, 'before.yaml');
  world.addImages(before);
  for (const path of copiedPaths(before)) world.files.set(path, 'before');
  world.apply(planUp(before, world.observe(), defaults));
  for (const [name, text] of Object.entries(given.since ?? {})) {
    const [state, code] = text.split(' ');
    const box = world.box(name);
    box.state = state as typeof box.state;
    box.exitCode = Number(code ?? 0);
  }
  for (const name of given.removed ?? [])
    world.containers.splice(world.containers.indexOf(world.box(name)), 1);
  for (const name of given.gone ?? []) {
    world.networks.delete(name);
    world.volumes.delete(name);
  }
  for (const path of copiedPaths(before)) {
    const content = Object.entries(given.files ?? {}).find(([end]) => path.endsWith(`/${end}`))?.[1];
    world.files.set(path, content ?? 'before');
  }
  return world;
}

/** As the commands select: `start` with dependencies, `restart` with what restarts along. */
function lifecyclePlan(
  command: 'stop' | 'start' | 'restart',
  given: Case,
  file: Project,
  world: World,
): Plan {
  const project = given.withoutFile === true ? undefined : file;
  const all = world.observe().containers;
  const dependencies = dependenciesOf(project, all);
  const named = given.services ?? all.map((container) => container.service);
  const about = {
    stop: new Set(named),
    start: withDependencies(dependencies, named),
    restart: given.noDeps === true ? new Set(named) : withRestartedAlong(dependencies, named),
  }[command];
  const input = { project, all, containers: all.filter((container) => about.has(container.service)) };
  if (command === 'stop') return planStop(input);
  if (command === 'start') return planStart(input);
  return planRestart(input, { conditions: given.noDeps !== true });
}

const planOf = (given: Case, project: Project, world: World): Plan => {
  if (given.command === 'stop' || given.command === 'start' || given.command === 'restart')
    return lifecyclePlan(given.command, given, project, world);
  return given.command === 'down'
    ? planDown('shop', given.withoutFile === true ? undefined : project, world.observe(), {
        everything: false,
        volumes: false,
        removeOrphans: false,
        ignoreOrphans: false,
        images: 'none',
        timeout: undefined,
        ...given.down,
      })
    : planUp(project, world.observe(), optionsOf(given));
};

describe('plans as text (fixtures/plan)', () => {
  test.each(cases)('%s', async (name) => {
    const dir = join(root, name);
    const given = parse(readFileSync(join(dir, 'case.yaml'), 'utf8')) as Case;
    const world = await worldOf(dir, given);
    const project = await load(dir, 'compose.yaml');
    world.addImages(project);
    for (const image of given.newImages ?? []) world.images.set(image, `sha256:${'f'.repeat(64)}`);
    const plan = planOf(given, project, world);
    const golden = join(dir, 'plan.txt');
    const text = formatPlan(plan);
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(golden, text);
    expect(text).toBe(readFileSync(golden, 'utf8'));

    // Carried out in the worst order, it leaves a world in which there is nothing left to do.
    world.applyGreedily(plan);
    if (given.command !== undefined && given.command !== 'up' && given.command !== 'down') return;
    if (given.command === 'down') {
      expect(world.containers.map((box) => box.name)).toEqual([]);
      return;
    }
    if (given.options?.start === false || given.options?.wait === true) return;
    const again = planUp(project, world.observe(), {
      ...optionsOf(given),
      recreate: optionsOf(given).recreate === 'force' ? 'diverged' : optionsOf(given).recreate,
      recreateDependencies: 'diverged',
    });
    const left = again.steps.filter(
      ({ operation }) =>
        operation.kind !== 'wait' &&
        !(operation.kind === 'start-container' && world.oneShots.has(operation.service)),
    );
    expect(left.map((step) => `${step.id}: ${step.cause}`)).toEqual([]);
  });
});
