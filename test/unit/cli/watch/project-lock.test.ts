import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { lockProject } from '../../../../src/cli/watch/background/project-lock.ts';

describe('the lock of a watched project', () => {
  it('is had by one, which is named to the next', async () => {
    const watched = { project: 'shop', engine: randomUUID() };
    const release = await lockProject(watched, { pid: 4711 });
    await expect(lockProject(watched)).rejects.toMatchObject({
      code: 'CLI_WATCH',
      exitCode: 1,
      message: 'project "shop" is being watched by process 4711',
    });
    release();
    release();
    (await lockProject(watched))();
  });

  it('is another one for another project or engine', async () => {
    const engine = randomUUID();
    const releases = await Promise.all([
      lockProject({ project: 'a', engine }),
      lockProject({ project: 'b', engine }),
      lockProject({ project: 'a', engine: randomUUID() }),
    ]);
    for (const release of releases) release();
  });

  it('is had by exactly one of many that want it at once', async () => {
    const watched = { project: 'p'.repeat(300), engine: randomUUID() };
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => lockProject(watched)));
    const had = results.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    expect(had).toHaveLength(1);
    had[0]!();
  });
});
