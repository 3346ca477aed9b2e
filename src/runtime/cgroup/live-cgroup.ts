import { existsSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Freezes or thaws; false if there is no freezer. v1 freezer.txt, v2 cgroup-v2.rst "cgroup.freeze". */
export async function setFrozen(paths: Readonly<Record<string, string>>, frozen: boolean): Promise<boolean> {
  if (paths.unified !== undefined && existsSync(join(paths.unified, 'cgroup.freeze'))) {
    writeFileSync(join(paths.unified, 'cgroup.freeze'), frozen ? '1' : '0');
    const events = join(paths.unified, 'cgroup.events');
    await until(() => readFileSync(events, 'utf8').includes(`frozen ${frozen ? 1 : 0}`));
    return true;
  }
  if (paths.freezer !== undefined) {
    const file = join(paths.freezer, 'freezer.state');
    const wanted = frozen ? 'FROZEN' : 'THAWED';
    await until(() => {
      writeFileSync(file, wanted);
      return readFileSync(file, 'utf8').trim() === wanted;
    });
    return true;
  }
  return false;
}

/** Pids in any of the directories, as the kernel lists them. */
export function cgroupPids(paths: Readonly<Record<string, string>>): number[] {
  const pids = new Set<number>();
  for (const directory of Object.values(paths)) {
    try {
      for (const line of readFileSync(join(directory, 'cgroup.procs'), 'utf8').split('\n')) {
        if (line !== '') pids.add(Number(line));
      }
    } catch {
      // The directory was removed with its last process.
    }
  }
  return [...pids];
}

/** Kills every process in a container's cgroups and removes the directories; takes at most 2 s. */
export async function clearCgroups(paths: Readonly<Record<string, string>>): Promise<void> {
  if (Object.keys(paths).length === 0) return;
  await setFrozen(paths, false).catch(() => false);
  await until(() => {
    const pids = cgroupPids(paths).filter((pid) => pid !== process.pid && pid > 1);
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended before the signal.
      }
    }
    return pids.length === 0;
  });
  for (const directory of new Set(Object.values(paths))) {
    try {
      rmdirSync(directory);
    } catch {
      // It is missing already, or a process that can't die (state D) is still in it: the next start tries again.
    }
  }
}

/** Polls with increasing pauses, for kernel files without notification; gives up after 2 s. */
async function until(test: () => boolean): Promise<void> {
  for (let pause = 1, waited = 0; waited < 2000; waited += pause, pause = Math.min(pause * 2, 50)) {
    if (test()) return;
    await sleep(pause);
  }
}
