import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requirements } from '../support/cli.ts';
import { applyEdit, edits } from '../support/edits.ts';
import { ask, until } from '../support/engine.ts';
import { type Workbench, workbench } from '../support/project-dir.ts';
import { holds, treeOf, Watching } from '../support/watching.ts';

const unmet = requirements({ containers: true, built: true });
/** Runs of the test that kills; more of them when asked. */
const runs = Number(process.env.TCOMPOSE_WATCH_RUNS ?? 9);

const compose = (more = '') => `
name: starts
services:
  web:
    image: tcompose/host
    command: sh -c 'cat /app/a > /seen; exec sleep 1000'
    restart: always
    stop_grace_period: 0s
    network_mode: none
    ${more}
    develop:
      watch: [{action: sync, path: ./src, target: /app, initial_sync: true}]
`;

describe.skipIf(unmet !== undefined)(`containers that start${unmet ? ` (skipped: ${unmet})` : ''}`, () => {
  let bench: Workbench;
  let watching: Watching;
  const src = () => join(bench.dir, 'src');
  const web = (path: string) => watching.inside('starts-web-1', path);
  const save = async (content: string) => {
    const before = watching.applied().length;
    writeFileSync(join(src(), 'a'), content);
    await watching.next(before);
  };
  const seen = () => {
    try {
      return readFileSync(web('/seen'), 'utf8');
    } catch {
      return undefined;
    }
  };
  const enginePid = async () => {
    const socket = join(bench.env.TCOMPOSE_ROOT!, 'run/engine.sock');
    let pid = 0;
    // The one before may be ending just now.
    await until(async () => {
      const answer = await ask<{ pid: number }>(socket, 'GET', '/tcompose/status').catch(() => undefined);
      pid = answer?.json.pid ?? 0;
      return pid > 1;
    }, 'an engine');
    return pid;
  };
  const kills = {
    watcher: async () => {
      const { pid } = watching.run.child;
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
      process.kill(Number(children.split(' ')[0]), 'SIGKILL');
    },
    engine: async () => void process.kill(await enginePid(), 'SIGKILL'),
    container: async () => {
      // Between two starts it has no process, and 0 is this one's whole group.
      let pid = 0;
      await until(() => {
        const { stdout } = bench.run('container', 'inspect', 'starts-web-1');
        pid = (JSON.parse(stdout) as [{ State: { Pid: number } }])[0].State.Pid;
        return pid > 1;
      }, 'a process of the container');
      process.kill(pid, 'SIGKILL');
    },
  };

  beforeAll(async () => {
    bench = workbench();
    bench.write('compose.yaml', compose());
    bench.write('src/a', 'first');
    watching = await Watching.begin(bench, 'compose.yaml', 'watch', '--yes');
  });
  afterAll(async () => {
    const code = await watching?.end();
    bench?.close('starts');
    expect(code).toBe(130);
  });

  it('have all that was synced before their command begins', async () => {
    await holds(web('/seen'), 'first');
    await save('second');
    bench.run('up', '-d', '--force-recreate', '-t', '0');
    await holds(web('/seen'), 'second');
    await save('third');
    bench.run('rm', '-s', '-f', 'web');
    bench.run('up', '-d');
    await holds(web('/seen'), 'third');
  });

  it('have it when they crash right after a save, too', async () => {
    for (const content of ['fourth', 'fifth', 'sixth']) {
      writeFileSync(join(src(), 'a'), content);
      await kills.container();
      // Of the process that runs then.
      await until(() => seen() === content, `${content} at the start`);
    }
  });

  it('lose nothing that is saved in the moment they end', async () => {
    for (let round = 0; round < 8; round++) {
      // The policy waits the longer the more often a container ends.
      if (round % 4 === 0) bench.run('restart', '-t', '0', 'web');
      await kills.container();
      for (const name of ['x', 'y', 'z']) {
        writeFileSync(join(src(), name), `${round}`);
        await new Promise((resolve) => setTimeout(resolve, round));
      }
      await until(() => {
        try {
          return ['x', 'y', 'z'].every((name) => readFileSync(web(`/app/${name}`), 'utf8') === `${round}`);
        } catch {
          return false;
        }
      }, `what was saved in round ${round} of ${watching.run.output()}`);
    }
    // It may have seen all of that and end only now.
    bench.run('restart', '-t', '0', 'web');
  });

  it('have it when they are recreated just after the engine was killed', async () => {
    await save('seventh');
    await kills.engine();
    writeFileSync(join(src(), 'a'), 'eighth');
    await holds(web('/app/a'), 'eighth');
    bench.run('up', '-d', '--force-recreate', '-t', '0');
    await holds(web('/seen'), 'eighth');
  });

  it(
    `hold what is here after any edits, whatever is killed meanwhile (${runs} runs)`,
    async () => {
      const victim = fc.constantFrom('watcher' as const, 'engine' as const, 'container' as const);
      await fc.assert(
        fc.asyncProperty(edits, victim, edits, async (before, killed, after) => {
          // The policy waits the longer the more often it ends.
          if (killed === 'container') bench.run('restart', '-t', '0', 'web');
          for (const one of before) applyEdit(src(), one);
          await kills[killed]();
          for (const one of after) applyEdit(src(), one);
          const what = JSON.stringify([before, killed, after]);
          // A container that ended is looked at again when it runs.
          await until(
            () => {
              try {
                return JSON.stringify(treeOf(web('/app'))) === JSON.stringify(treeOf(src()));
              } catch {
                return false;
              }
            },
            `the same tree after ${what}, in ${watching.run.output().slice(-2000)}`,
          );
        }),
        { numRuns: runs, endOnFailure: true },
      );
    },
    Math.max(600_000, runs * 60_000),
  );
});
