import type { TestContext } from 'vitest';
import type { TestEngine } from './engine.ts';

interface Said {
  readonly MemoryLimit: boolean;
  readonly PidsLimit: boolean;
  readonly CpuCfsQuota: boolean;
  readonly CPUSet: boolean;
  readonly SecurityOptions: readonly string[];
}

/** What of docs/compatibility.md, column "without root", an engine can lack. */
export type Ability = 'limits' | 'device-nodes' | 'ids';

/** Why an engine lacks something, by what it says of itself; undefined when it has it. */
async function lacks(engine: TestEngine, ability: Ability): Promise<string | undefined> {
  const { json } = await engine.retry<Said>('GET', '/info');
  switch (ability) {
    case 'limits': {
      const holds = json.MemoryLimit && json.PidsLimit && json.CpuCfsQuota && json.CPUSet;
      return holds ? undefined : 'limits and pausing take a control group that is delegated to the user';
    }
    case 'ids': {
      const ids = engine
        .shell('cat /proc/self/uid_map')
        .stdout.trim()
        .split('\n')
        .reduce((sum, line) => sum + Number(line.trim().split(/\s+/)[2]), 0);
      return ids > 65_535 ? undefined : 'without sub-ids containers have one id, that of root';
    }
    case 'device-nodes':
      return json.SecurityOptions.includes('name=rootless')
        ? 'without root there are no device nodes but those of the machine that the user may open'
        : undefined;
  }
}

/** Skips a test, and says why, when its engine says that it lacks what the test is about. */
export async function needs(engine: TestEngine, ability: Ability, { skip }: TestContext): Promise<void> {
  const why = await lacks(engine, ability);
  if (why === undefined) return;
  console.log(`skipped: ${why}`);
  skip(why);
}
