import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** e_machine of programs (ELF, /usr/include/elf.h) by architecture, and their byte order. */
const machines: Readonly<Record<string, readonly [number, 'little' | 'big']>> = {
  '386': [3, 'little'],
  amd64: [62, 'little'],
  arm: [40, 'little'],
  arm64: [183, 'little'],
  loong64: [258, 'little'],
  mips64le: [8, 'little'],
  ppc64le: [21, 'little'],
  riscv64: [243, 'little'],
  s390x: [22, 'big'],
};
/** Other architectures whose programs a processor runs. */
const also: Readonly<Record<string, readonly string[]>> = { amd64: ['386'], arm64: ['arm'] };
const machineAt = 18;
const elf = '7f454c46';
const directory = '/proc/sys/fs/binfmt_misc';

/**
 * The program that runs those of another architecture, according to binfmt_misc's entries
 * (Documentation/admin-guide/binfmt-misc.rst): the first enabled one whose magic matches such a program. Pure.
 */
export function interpreterOf(architecture: string, entries: readonly string[]): string | undefined {
  const [machine, order] = machines[architecture] ?? [];
  for (const text of entries) {
    const field = (name: string) => new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1];
    const magic = field('magic') ?? '';
    if (!text.startsWith('enabled') || field('offset') !== '0' || !magic.startsWith(elf)) continue;
    const bytes = Buffer.from(magic, 'hex');
    if (bytes.length < machineAt + 2) continue;
    const found = order === 'big' ? bytes.readUInt16BE(machineAt) : bytes.readUInt16LE(machineAt);
    if (found === machine) return field('interpreter');
  }
  return undefined;
}

/** Says that programs of an architecture can't be run on this machine; undefined when they can, or when that is unknown. */
export function whyNotRun(
  architecture: string,
  own: string,
  entries: readonly string[] = readEntries(),
): string | undefined {
  const native = architecture === own || also[own]?.includes(architecture) === true;
  if (native || machines[architecture] === undefined || interpreterOf(architecture, entries) !== undefined)
    return undefined;
  return `This machine is ${own}, and its kernel has no interpreter for programs of ${architecture} (${directory}): they fail with "exec format error"`;
}

function readEntries(): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => name !== 'register' && name !== 'status')
      .map((name) => readFileSync(join(directory, name), 'latin1'));
  } catch {
    return [];
  }
}
