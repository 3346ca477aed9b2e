import { join } from 'node:path';
import type { TestContext } from 'vitest';
import { ask, type TestEngine } from './engine.ts';
import type { Workbench } from './project-dir.ts';

interface Said {
  readonly MemoryLimit: boolean;
  readonly PidsLimit: boolean;
  readonly CpuCfsQuota: boolean;
  readonly CPUSet: boolean;
  readonly SecurityOptions: readonly string[];
}

/** What of docs/compatibility.md, column "without root", an engine can lack. */
export type Ability = 'limits' | 'device-nodes' | 'ids';

/** An engine, however it is reached. */
interface Asked {
  info(): Promise<Said>;
  /** What /proc/self/uid_map says to its containers' root. */
  idMap(): string;
}

const ofEngine = (engine: TestEngine): Asked => ({
  info: async () => (await engine.retry<Said>('GET', '/info')).json,
  idMap: () => engine.shell('cat /proc/self/uid_map').stdout,
});

const ofWorkbench = ({ env, run }: Workbench): Asked => ({
  async info() {
    // Starts it, if it does not run.
    run('image', 'ls', '-q');
    return (await ask<Said>(join(env.TCOMPOSE_ROOT!, 'run/engine.sock'), 'GET', '/info')).json;
  },
  idMap: () => run('engine', 'unshare', 'cat', '/proc/self/uid_map').stdout,
});

/** Why an engine lacks something, by what it says of itself; undefined when it has it. */
async function lacks(asked: Asked, ability: Ability): Promise<string | undefined> {
  const said = await asked.info();
  switch (ability) {
    case 'limits': {
      const holds = said.MemoryLimit && said.PidsLimit && said.CpuCfsQuota && said.CPUSet;
      return holds ? undefined : 'limits and pausing take a control group that is delegated to the user';
    }
    case 'ids': {
      const ids = asked
        .idMap()
        .trim()
        .split('\n')
        .reduce((sum, line) => sum + Number(line.trim().split(/\s+/)[2]), 0);
      return ids > 65_535 ? undefined : 'without sub-ids containers have one id, that of root';
    }
    case 'device-nodes':
      return said.SecurityOptions.includes('name=rootless')
        ? 'without root there are no device nodes but those of the machine that the user may open'
        : undefined;
  }
}

/** Skips a test, and says why, when its engine says that it lacks what the test is about. */
export async function needs(
  of: TestEngine | Workbench,
  ability: Ability,
  { skip }: TestContext,
): Promise<void> {
  const why = await lacks('dir' in of ? ofWorkbench(of) : ofEngine(of), ability);
  if (why === undefined) return;
  console.log(`skipped: ${why}`);
  skip(why);
}
