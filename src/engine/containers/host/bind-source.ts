import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { badParameter } from '../../http/failure.ts';
import { makeDirectory } from '../../store/make-directory.ts';
import type { StoredMount } from '../record.ts';
import { confineSource, makeBelow, type Source } from './writable-directories.ts';

/** Where programs in containers look for an engine; this engine's socket is elsewhere. */
const dockerSockets = ['/var/run/docker.sock', '/run/docker.sock'];

/**
 * Docker's sentence for a Mounts entry whose source does not exist. Nothing is created in place of Docker's socket.
 * @param socket this engine's
 */
export function checkBindSource(mount: StoredMount, socket?: string): void {
  if (mount.type === 'bind' && dockerSockets.includes(mount.source) && !existsSync(mount.source))
    throw badParameter(
      `error while creating mount source path '${mount.source}': no Docker engine listens there`,
      socket && `This engine's is ${socket}: use ${socket}:${mount.target}`,
    );
  if (mount.type === 'bind' && mount.createSource !== true && !existsSync(mount.source)) {
    throw badParameter(
      `invalid mount config for type "bind": bind source path does not exist: ${mount.source}`,
    );
  }
}

/**
 * Where a bind mount's source is; if it is missing and the mount allows it, the source is created. Throws 400 when it
 * can't be.
 * @param writable directories that some container can write to
 */
export function bindSource(mount: StoredMount, writable: ReadonlySet<string>): Source {
  checkBindSource(mount);
  checkMakeableSource(mount);
  const confined = confineSource(mount.source, writable);
  if (!existsSync(mount.source)) {
    if (confined.below === undefined) makeSource(mount.source);
    else makeMissing(confined.below, confined.source);
  }
  return confined;
}

/**
 * Checks, without creating anything, whether a missing source could be created: 400 with the directory in which nothing
 * can be created, and why.
 */
export function checkMakeableSource(mount: StoredMount): void {
  if (mount.type !== 'bind' || mount.createSource !== true || existsSync(mount.source)) return;
  let above = dirname(mount.source);
  while (!existsSync(above)) above = dirname(above);
  const why = whyNothingIsMadeIn(above);
  if (why === undefined) return;
  throw badParameter(
    `error while creating mount source path '${mount.source}': ${above} ${why}`,
    'Name a directory that exists, or one that can be created.',
  );
}

/** Magic numbers of file systems in which only the kernel creates directories: proc and sysfs (linux/magic.h). */
const kernelsOwn = [0x9fa0, 0x62656572];

function whyNothingIsMadeIn(directory: string): string | undefined {
  if (!statSync(directory).isDirectory()) return 'is no directory';
  if (!allows(directory, constants.X_OK)) return 'does not let you in';
  if (kernelsOwn.includes(statfsSync(directory).type)) return 'only holds what the kernel puts there';
  try {
    accessSync(directory, constants.W_OK);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EROFS' ? 'is read-only' : 'cannot be written to';
  }
}

function allows(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

function makeSource(source: string): void {
  try {
    makeDirectory(source, 0o755);
  } catch (error) {
    throw badParameter(
      `error while creating mount source path '${source}': ${(error as Error).message}`,
      'Name a directory that exists, or one that can be created.',
    );
  }
}

function makeMissing(below: string, source: string): void {
  try {
    makeBelow(below, source);
  } catch (error) {
    throw badParameter(
      `error while creating mount source path '${source}': ${(error as Error).message}`,
      `Containers can write to ${below}: below it, no directory is made through a link.`,
    );
  }
}
