// A user who is not root, made for a benchmark, with sub-ids.
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** `words` are put before a command to run it as the user, in `env`; `remove` ends what he runs and takes him away. */
export function makeUser() {
  const name = `tcb${process.pid}`;
  const base = mkdtempSync(join(tmpdir(), 'tcompose-bench-'));
  chmodSync(base, 0o755);
  const home = join(base, 'home');
  const added = spawnSync(
    'useradd',
    ['-m', '-d', home, '-K', 'SUB_UID_COUNT=65536', '-K', 'SUB_GID_COUNT=65536', name],
    { encoding: 'utf8' },
  );
  if (added.status !== 0) throw new Error(`useradd: ${added.stderr}`);
  const id = (option) => Number(spawnSync('id', [option, name], { encoding: 'utf8' }).stdout);
  const [uid, gid] = [id('-u'), id('-g')];
  const runtime = join(base, 'runtime');
  mkdirSync(runtime, { mode: 0o700 });
  chownSync(runtime, uid, gid);
  const env = { HOME: home, USER: name, PATH: process.env.PATH, XDG_RUNTIME_DIR: runtime, LANG: 'C.UTF-8' };
  const words = ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--init-groups', '--inh-caps=-all'];
  return {
    uid,
    home,
    runtime,
    env,
    words,
    remove() {
      for (const pid of processesOf(uid)) spawnSync('kill', ['-9', pid]);
      // Podman's store has files of the sub-ids, and mounts of its own end with its processes.
      spawnSync('userdel', ['--force', name]);
      rmSync(base, { recursive: true, force: true });
    },
  };
}

/** Pids of a user's processes, as text. */
export const processesOf = (uid) =>
  readdirSync('/proc').filter(
    (pid) => /^\d+$/.test(pid) && statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid === uid,
  );
