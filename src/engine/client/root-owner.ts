import { type Stats, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TcomposeError } from '../../errors.ts';

const sticky = 0o1000;
const writableByAll = 0o002;

/**
 * Refuses an engine root in which another user could replace the engine's directories, and with them its socket: the
 * root, `lib` and `run` must belong to `uid` or root, and no directory on the way to them may be writable by everybody
 * without the sticky bit. Directories that don't exist yet are accepted.
 * @throws TcomposeError ENGINE_FORBIDDEN naming the directory and what is wrong with it
 */
export function refuseForeignRoot(root: string, uid: number): void {
  for (const path of [root, join(root, 'lib'), join(root, 'run')]) {
    const { uid: owner } = statIfThere(path) ?? { uid };
    if (owner === uid || owner === 0) continue;
    throw refusal(path, `belongs to user ${owner}`, `chown ${uid}:${uid} ${path}`);
  }
  for (let path = root; ; path = dirname(path)) {
    const { mode } = statIfThere(path) ?? { mode: 0 };
    if ((mode & writableByAll) !== 0 && (mode & sticky) === 0) {
      throw refusal(path, 'can be written by every user', `chmod o-w ${path}`);
    }
    if (path === dirname(path)) return;
  }
}

function refusal(path: string, why: string, remedy: string): TcomposeError {
  return new TcomposeError(
    'ENGINE_FORBIDDEN',
    `TCOMPOSE_ROOT is not safe: ${path} ${why}, who could put another engine there`,
    { hint: `Choose a directory of your own, or, if you trust it as it is: ${remedy}` },
  );
}

function statIfThere(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}
