import { closeSync, readSync } from 'node:fs';
import { check, declare, declareAsync, errno, SystemCallError } from '../libc.ts';

const fsopen = declare('long syscall(long number, const uint8_t *name, long flags)');
const configPrototype =
  'long syscall(long number, long fd, long command, const uint8_t *key, const uint8_t *value, long aux)';
const fsconfig = declare(configPrototype);
const fsconfigAsync = declareAsync(configPrototype);
const fsmount = declare('long syscall(long number, long fd, long flags, long attributes)');
const moveMount = declare(
  'long syscall(long number, long fromfd, const uint8_t *from, long tofd, const uint8_t *to, long flags)',
);
const umount2 = declare('int umount2(const uint8_t *target, int flags)');

/** The same numbers on every architecture (asm-generic). */
const numbers = { moveMount: 429, fsopen: 430, fsconfig: 431, fsmount: 432 };
const command = { setFlag: 0, setString: 1, create: 6 };
const closeOnExec = 1;
const emptyFrom = 4;
const currentDirectory = -100;
const detach = 2;

const cString = (text: string): Buffer => Buffer.from(`${text}\0`);

/** A file system to mount. */
export interface FileSystem {
  readonly type: string;
  readonly source: string;
  /** MOUNT_ATTR_* bits (mount_setattr(2)). */
  readonly attributes: number;
  /** Options of the file system itself; those without a value are flags. */
  readonly options: readonly (readonly [name: string, value: string | undefined])[];
  /** It talks to another machine: mounted on another thread, because that may take long. */
  readonly remote: boolean;
}

/** Mounts a file system at the directory `target`. @throws SystemCallError with the kernel's message, if there is one */
export async function mountAt(system: FileSystem, target: string): Promise<void> {
  const context = check(fsopen(numbers.fsopen, cString(system.type), closeOnExec), `fsopen ${system.type}`);
  try {
    for (const [name, value] of [['source', system.source], ...system.options] as const) {
      const code = value === undefined ? command.setFlag : command.setString;
      const text = value === undefined ? null : cString(value);
      said(context, name, fsconfig(numbers.fsconfig, context, code, cString(name), text, 0));
    }
    const create = [numbers.fsconfig, context, command.create, null, null, 0] as const;
    said(context, system.type, system.remote ? await fsconfigAsync(...create) : fsconfig(...create));
    const mount = check(fsmount(numbers.fsmount, context, closeOnExec, system.attributes), 'fsmount');
    try {
      const to = cString(target);
      check(moveMount(numbers.moveMount, mount, cString(''), currentDirectory, to, emptyFrom), 'move_mount');
    } finally {
      closeSync(mount);
    }
  } finally {
    closeSync(context);
  }
}

/** Unmounts `target`: it disappears at once, and is released when nobody uses it any more. @throws SystemCallError */
export function unmountAt(target: string): void {
  check(umount2(cString(target), detach), `umount ${target}`);
}

function said(context: number, what: string, result: number): void {
  if (result >= 0) return;
  // A call on another thread leaves no errno here, but the log of the context has the error.
  const number = errno();
  const log = logOf(context);
  throw new SystemCallError(log === '' ? what : `${what} (${log})`, number);
}

/** Lines of the context's log: a letter for the level, a space, the text. */
function logOf(context: number): string {
  const lines: string[] = [];
  const line = Buffer.alloc(4096);
  try {
    for (;;) lines.push(line.toString('utf8', 2, readSync(context, line, 0, line.length, null)).trim());
  } catch {
    // ENODATA: that was all.
  }
  return lines.filter((text) => text !== '').join('; ');
}
