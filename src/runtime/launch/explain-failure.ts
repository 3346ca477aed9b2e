import { errnoName } from '../../errno.ts';
import { TcomposeError } from '../../errors.ts';
import { errnoText } from './errno-text.ts';

/** What a shim reports about a failed launch. */
interface LaunchFailure {
  /** Phase of a ShimFailure: `plan`, `host`, `network`, `clone`, `setup`, `process` or `exec`. */
  readonly step: string;
  readonly errno: number;
  /** The op and its object as text: `bind source /srv/data`, `execve web`. */
  readonly detail: string;
}

interface FailureContext {
  readonly name?: string;
  readonly command?: readonly string[];
  readonly cwd?: string;
  /** What the command's file explains about a failed execve (command-file.ts); replaces the general hint. */
  readonly fileHint?: string;
}

interface Explanation {
  readonly what: string;
  readonly hint?: string;
}

/**
 * Turns a shim's failure into a sentence with a hint: RUNTIME_COMMAND when the command itself can't run, else
 * RUNTIME_LAUNCH. `exitCode` is Docker's: 127 command not found, 126 not executable, 128 other start failures.
 */
export function explainFailure(failure: LaunchFailure, context: FailureContext = {}): TcomposeError {
  const subject = context.name === undefined ? '' : `${context.name}: `;
  if (failure.step === 'exec') {
    const { what, hint: general } = explainExec(failure, context);
    const hint = context.fileHint ?? general;
    const exitCode = ['ENOENT', 'ENOTDIR'].includes(errnoName(failure.errno)) ? 127 : 126;
    return new TcomposeError('RUNTIME_COMMAND', `${subject}${what}`, { exitCode, ...(hint ? { hint } : {}) });
  }
  const { what, hint } = explainSetup(failure, context);
  return new TcomposeError('RUNTIME_LAUNCH', `${subject}${what}`, {
    exitCode: 128,
    ...(hint ? { hint } : {}),
  });
}

/** Of every path of a container whose root a program serves (fuse-overlayfs), once that has been killed. */
export const lostRoot =
  'The root of this container is served by a program (fuse-overlayfs) that was killed. Restart the container: its files are kept.';

function explainExec({ errno, detail }: LaunchFailure, context: FailureContext): Explanation {
  const command = context.command?.[0] ?? object(detail);
  switch (errnoName(errno)) {
    case 'ENOENT':
      // A file that was found exists: something that it needs is missing.
      return command.includes('/') || context.fileHint !== undefined
        ? {
            what: `exec: "${command}": no such file or directory`,
            hint: 'The file, or the interpreter its first line or header names, is not in the container; scripts with Windows line endings fail like that, too.',
          }
        : {
            what: `exec: "${command}": executable file not found in $PATH`,
            hint: 'Check the spelling, and that the image has it. Several words in one string need a list, or a shell.',
          };
    case 'EACCES':
      return {
        what: `exec: "${command}": permission denied`,
        hint: 'It is not executable for the user of the container (chmod +x, or another user), it is a directory, or its mount is noexec.',
      };
    case 'ENOEXEC':
      return {
        what: `exec: "${command}": exec format error`,
        hint: 'It is built for another architecture, or a script without a first line like #!/bin/sh.',
      };
    case 'E2BIG':
      return {
        what: `exec: "${command}": argument list too long`,
        hint: 'Command and environment together are too large for the kernel.',
      };
    case 'ENOTCONN':
      return { what: `exec: "${command}": ${errnoText(errno)}`, hint: lostRoot };
    default:
      return { what: `exec: "${command}": ${errnoText(errno)}` };
  }
}

function explainSetup(failure: LaunchFailure, context: FailureContext): Explanation {
  const { errno, detail, step } = failure;
  const name = errnoName(errno);
  const op = detail.split(' ')[0] ?? '';
  const sentence = `${describe(op, detail, step)}: ${errnoText(errno)}`;
  const foreign = name === 'EINVAL' ? idOf(op, detail) : undefined;
  if (foreign !== undefined) {
    return {
      what: `it cannot run as ${foreign}: this engine has no such id`,
      hint: "A user's engine has as many ids as that user has sub-ids: `tcompose doctor sub-ids` says what is missing. User 0 of a container is always there, and is you.",
    };
  }
  if (name === 'ENOSPC') {
    return {
      what: sentence,
      hint: 'The disk is full, or a limit of the kernel is reached (inodes, inotify watches, namespaces): look at df, df -i and /proc/sys/user.',
    };
  }
  if (name === 'EDQUOT') return { what: sentence, hint: 'The disk quota is used up.' };
  if (name === 'ENOMEM') {
    return {
      what: sentence,
      hint: "Memory is short, or the container's memory limit is too small to start it.",
    };
  }
  if (op === 'bind' && name === 'ENOENT') {
    const source = /\bsource (.+)$/.exec(detail)?.[1];
    if (source !== undefined) {
      return {
        what: `bind source path does not exist: ${source}`,
        hint: 'Create it on the host, or correct the path.',
      };
    }
  }
  if (name === 'ENOTCONN') {
    return {
      what: sentence,
      hint:
        op === 'bind'
          ? 'The source is in a mount whose program (FUSE) was killed: mount it again on the machine.'
          : lostRoot,
    };
  }
  const subpath = op === 'bind' ? /^bind subpath (.+) of (.+)$/.exec(detail) : null;
  if (subpath !== null && (name === 'ENOENT' || name === 'EXDEV' || name === 'ELOOP')) {
    const [, inner, root] = subpath;
    return name === 'ENOENT'
      ? {
          what: `cannot access path ${root}/${inner}: no such file or directory`,
          hint: 'Create it there, or correct the path.',
        }
      : {
          what: `cannot access path ${root}/${inner}: a symbolic link leads out of ${root}, which containers can write to`,
          hint: 'Name the place that the link leads to as the source of the mount.',
        };
  }
  if (op === 'device' && name === 'ENOENT' && detail.includes('bound from the host')) {
    return {
      what: sentence,
      hint: "An engine without root cannot make devices, it passes those of the machine on under their own names: write the machine's path on both sides of the colon.",
    };
  }
  const unlike = unlikeKinds(op, name, detail);
  if (unlike !== undefined) {
    return {
      what: unlike === '' ? sentence : unlike,
      hint: 'A directory can be mounted onto a directory only, a file onto a file only.',
    };
  }
  if (op === 'mount' && name === 'EINVAL' && detail.startsWith('mount tmpfs ')) {
    return {
      what: sentence,
      hint: 'One of its options is not known to the kernel, or names a user or group (uid=, gid=) that this engine has no id for: `tcompose doctor sub-ids`.',
    };
  }
  if (op === 'rootfs-overlay' && name === 'EINVAL') {
    return {
      what: sentence,
      hint: "The data directory's file system cannot carry an overlay (it is an overlay, NFS or FAT itself): set TCOMPOSE_ROOT to a directory on ext4, xfs or btrfs.",
    };
  }
  if (op === 'rootfs-overlay' && name === 'EBUSY') {
    return { what: sentence, hint: "The container's layer is in use by another mount: is it running twice?" };
  }
  if (step === 'process' && op === 'chdir') {
    return {
      what: `the working directory "${context.cwd ?? object(detail)}" cannot be entered: ${errnoText(errno)}`,
      hint:
        name === 'EACCES'
          ? 'The user of the container may not enter it.'
          : 'Make it in the image, or correct working_dir.',
    };
  }
  if (name === 'ELOOP') {
    return {
      what: sentence,
      hint: 'A path below /dev, /proc or /sys in the image is a symbolic link; such an image is refused because mounts would go astray.',
    };
  }
  if (op === 'sysctl') {
    return {
      what: sentence,
      hint: name === 'ENOENT' ? 'This kernel has no such setting.' : 'The kernel refuses this value.',
    };
  }
  if (op === 'hold-socket' && name === 'EADDRINUSE') {
    return {
      what: sentence,
      hint: 'Another process of this machine listens there: stop it, or publish another port.',
    };
  }
  if (name === 'EPERM' || name === 'EACCES') {
    return {
      what: sentence,
      hint: 'This needs root, or a privilege that this machine denies (a container inside a container, a hardened kernel).',
    };
  }
  if ((op === 'clone' || op === 'unshare') && name === 'EINVAL') {
    return { what: sentence, hint: 'This kernel lacks one of the namespaces that containers need.' };
  }
  if (op === 'join-cgroup' || (op === 'write' && detail.includes('cgroup'))) {
    return {
      what: sentence,
      hint: 'The kernel refuses this control group or limit; a memory limit may be too small.',
    };
  }
  return { what: sentence };
}

/** What a mount of a directory onto a file is told by, or the other way round: empty when errno says it well enough. */
function unlikeKinds(op: string, name: string, detail: string): string | undefined {
  if (op !== 'bind' && op !== 'mount') return undefined;
  if (name === 'ENOTDIR' || name === 'EISDIR') return '';
  // move_mount(2) refuses a tree that is open and fits nowhere so.
  const [, pair] = (name === 'EINVAL' && /^bind (\/.* on \/.*)$/.exec(detail)) || [];
  return pair === undefined ? undefined : `mounting ${pair}: one is a directory, and the other is not`;
}

/**
 * The user or group that a process or its files were to get; the kernel refuses an id that does not exist in the user
 * namespace.
 */
function idOf(op: string, detail: string): string | undefined {
  if (op === 'fchown') return /^fchown stdio \d+ to (user \d+)$/.exec(detail)?.[1];
  if (op === 'setresuid') return `user ${object(detail)}`;
  return op === 'setresgid' ? `group ${object(detail)}` : undefined;
}

const phrases: Readonly<Record<string, string>> = {
  'rootfs-overlay': 'mounting the root file system',
  'rootfs-bind': 'mounting the root file system from',
  bind: 'mounting',
  mount: 'mounting',
  mkdir: 'making the directory',
  device: 'making the device',
  symlink: 'making the link',
  'write-file': 'writing the file',
  mask: 'hiding',
  'readonly-path': 'making read-only:',
  sysctl: 'setting the sysctl',
  pivot: 'changing to the new root:',
  console: 'making the terminal:',
  'device-filter': 'setting the device rules:',
  'join-cgroup': 'entering the control group',
  write: 'writing',
  'hold-socket': 'reserving the address',
  clone: 'making the namespaces:',
  setns: 'joining the namespace',
};

function describe(op: string, detail: string, step: string): string {
  const phrase = phrases[op];
  const rest = object(detail);
  if (phrase !== undefined) return `${phrase} ${rest}`.trim();
  return `starting failed at ${step === '' ? detail : `${step}: ${detail}`}`;
}

function object(detail: string): string {
  const at = detail.indexOf(' ');
  return at < 0 ? '' : detail.slice(at + 1);
}
