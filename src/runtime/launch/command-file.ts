import { visibleLine } from '../../visible.ts';

/** The file of a command that could not be run. */
export interface CommandFile {
  /** Its path in the container. */
  readonly path: string;
  readonly mode: number;
  /** The beginning of the file, which contains a script's first line and an ELF file's program headers. */
  readonly head: Buffer;
  /** The interpreter that `interpreterOf` found does not exist in the container. */
  readonly interpreterMissing: boolean;
}

/**
 * Bytes to read from the beginning of a file: the kernel's 256 for a script, and what linkers put before an ELF file's
 * interpreter.
 */
export const headSize = 4096;
/** BINPRM_BUF_SIZE of linux/binfmts.h: how many bytes of a script's first line the kernel reads. */
const firstLineSize = 256;

/** ELF's e_machine (elf.h) by Docker's names. */
const machines: Readonly<Record<number, string>> = {
  3: '386',
  8: 'mips',
  20: 'ppc',
  21: 'ppc64le',
  22: 's390x',
  40: 'arm',
  62: 'amd64',
  183: 'arm64',
  243: 'riscv64',
  258: 'loong64',
};
/** Other architectures that a machine's kernel runs. */
const runs: Readonly<Record<string, readonly string[]>> = {
  amd64: ['amd64', '386'],
  arm64: ['arm64', 'arm'],
};
const interpreterHeader = 3;

/**
 * The program that the kernel needs to run a file: the one in a script's first line, or the loader that an ELF file
 * names. Pure.
 */
export function interpreterOf(head: Buffer): string | undefined {
  if (isElf(head)) return loaderOf(head);
  const line = firstLine(head);
  return line === undefined ? undefined : /^#![ \t]*([^ \t]+)/.exec(line)?.[1];
}

/**
 * Why a file can't be run, and what to do; undefined when the file does not explain it. Pure.
 * @param errno name of the error of execve(2)
 * @param architecture this machine's, by Docker's name
 */
export function explainCommandFile(
  file: CommandFile,
  errno: string,
  architecture: string,
): string | undefined {
  const path = visibleLine(file.path);
  if (errno === 'EACCES') return explainDenied(path, file.mode);
  if (errno === 'ENOEXEC') return explainFormat(path, file.head, architecture);
  const interpreter = interpreterOf(file.head);
  if (errno !== 'ENOENT' || interpreter === undefined) return undefined;
  if (isElf(file.head)) return file.interpreterMissing ? explainLoader(path, interpreter) : undefined;
  // If an argument followed, the carriage return would belong to that.
  if (interpreter.endsWith('\r'))
    return `The first line of ${path} ends with a carriage return: it has Windows line endings. Save it with those of Unix (dos2unix; "eol=lf" in .gitattributes).`;
  if (!file.interpreterMissing) return undefined;
  return `The first line of ${path} names ${visibleLine(interpreter)}, which is not in the container: install it, or name one that exists.`;
}

function explainDenied(path: string, mode: number): string | undefined {
  if ((mode & 0o111) !== 0) return undefined;
  const text = (mode & 0o7777).toString(8).padStart(4, '0');
  return `${path} is not executable (mode ${text}): chmod +x.`;
}

function explainFormat(path: string, head: Buffer, architecture: string): string | undefined {
  if (head.length === 0) return `${path} is empty.`;
  if (isElf(head)) {
    const built = machineOf(head);
    if (built === undefined || (runs[architecture] ?? [architecture]).includes(built)) return undefined;
    return `${path} is a program for ${built}, and this machine is ${architecture}: build or pull the image for linux/${architecture}.`;
  }
  if (head.subarray(0, 3).equals(Buffer.of(0xef, 0xbb, 0xbf)))
    return `${path} begins with a byte order mark: save it without, so that its first two characters are #!.`;
  if (head.subarray(0, 2).toString('latin1') === '#!') return undefined;
  return `${path} is not a program that this machine can run; the first line of a script must be one like #!/bin/sh.`;
}

function explainLoader(path: string, loader: string): string {
  const library = loader.includes('musl')
    ? ' (of musl, as on Alpine)'
    : loader.includes('ld-linux')
      ? ' (of glibc)'
      : '';
  return `${path} needs the loader ${visibleLine(loader)}${library}, which is not in the container: build it for this image's C library, or statically.`;
}

/** Without the line feed; undefined when it is not a script. Bytes in latin1. */
function firstLine(head: Buffer): string | undefined {
  const text = head.toString('latin1', 0, firstLineSize);
  return text.startsWith('#!') ? text.split('\n', 1)[0] : undefined;
}

const isElf = (head: Buffer): boolean =>
  head.length >= 52 && head.subarray(0, 4).equals(Buffer.of(0x7f, 0x45, 0x4c, 0x46));

/** Reads values of an ELF file by its class and byte order; undefined beyond the head. */
function elf(head: Buffer): {
  half(at: number): number | undefined;
  word(at: number): number | undefined;
  wide: boolean;
} {
  const big = head[5] === 2;
  const within = (at: number, size: number): boolean => at >= 0 && at + size <= head.length;
  return {
    wide: head[4] === 2,
    half: (at) => (within(at, 2) ? (big ? head.readUInt16BE(at) : head.readUInt16LE(at)) : undefined),
    word: (at) => (within(at, 4) ? (big ? head.readUInt32BE(at) : head.readUInt32LE(at)) : undefined),
  };
}

function machineOf(head: Buffer): string | undefined {
  const number = elf(head).half(18);
  return number === undefined ? undefined : machines[number];
}

/** The text of the PT_INTERP segment. The 64-bit offsets are below the head's size, so that their low words suffice. */
function loaderOf(head: Buffer): string | undefined {
  const { half, word, wide } = elf(head);
  const low = wide && head[5] === 2 ? 4 : 0;
  const table = word((wide ? 32 : 28) + low) ?? 0;
  const size = half(wide ? 54 : 42) ?? 0;
  const count = half(wide ? 56 : 44) ?? 0;
  for (let at = table, left = count; left > 0 && size > 0; at += size, left--) {
    const type = word(at);
    if (type === undefined) return undefined;
    if (type !== interpreterHeader) continue;
    const start = word(at + (wide ? 8 : 4) + low) ?? head.length;
    const length = word(at + (wide ? 32 : 16) + low) ?? 0;
    const text = head.toString('latin1', start, start + length);
    return start + length > head.length || text === '' ? undefined : text.replace(/\0.*$/s, '');
  }
  return undefined;
}
