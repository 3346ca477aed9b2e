import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { enterOwnGroup, leaveOwnGroup } from '../../../../../src/engine/containers/spec/own-group.ts';
import type { CgroupLayout } from '../../../../../src/runtime/cgroup/cgroup-layout.ts';
import { layoutV1, machineV1 } from '../../../runtime/machines.ts';

/** What moving processes really does is shown on a kernel with cgroup v2 alone: test/vm. */
function engineOn(cgroups: CgroupLayout) {
  const warnings: string[] = [];
  const log = { warn: (text: string) => void warnings.push(text) };
  const engine = { machine: { ...machineV1, cgroups }, instance: '1a2b3c4d', keeper: { pid: 1 }, log };
  return { engine: engine as unknown as Parameters<typeof enterOwnGroup>[0], warnings };
}

describe('the group of keeper and engine', () => {
  it('is a matter of v2 alone', async () => {
    const { engine, warnings } = engineOn(layoutV1);
    await enterOwnGroup(engine);
    leaveOwnGroup(engine);
    expect(warnings).toEqual([]);
  });

  it('is done without, and said so, where it cannot be made', async () => {
    const scratch = mkdtempSync(join(tmpdir(), 'tcompose-own-group-'));
    try {
      writeFileSync(join(scratch, 'file'), '');
      const { engine, warnings } = engineOn({
        kind: 'v2',
        mountPoint: join(scratch, 'file'),
        base: '',
        controllers: ['pids'],
      });
      await enterOwnGroup(engine);
      leaveOwnGroup(engine);
      expect(warnings).toEqual([expect.stringMatching(/stay in the control group .*ENOTDIR/)]);
    } finally {
      rmSync(scratch, { recursive: true });
    }
  });
});
