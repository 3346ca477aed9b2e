import { aarch64, x32, x86, x86_64 } from './generated/syscalls.ts';

/** A machine interface that a filter can distinguish. */
export interface FilterArchitecture {
  /** The OCI spec's name. */
  readonly name: 'SCMP_ARCH_X86_64' | 'SCMP_ARCH_X86' | 'SCMP_ARCH_X32' | 'SCMP_ARCH_AARCH64';
  /** Machine that runs programs of this interface. */
  readonly machine: 'x64' | 'arm64';
  /** AUDIT_ARCH_*, linux/audit.h; x32 shares x86-64's and differs in a bit of the call number. */
  readonly auditArchitecture: number;
  readonly numbers: Readonly<Record<string, number>>;
}

const architectures: readonly FilterArchitecture[] = [
  { name: 'SCMP_ARCH_X86_64', machine: 'x64', auditArchitecture: 0xc000003e, numbers: x86_64 },
  { name: 'SCMP_ARCH_X86', machine: 'x64', auditArchitecture: 0x40000003, numbers: x86 },
  { name: 'SCMP_ARCH_X32', machine: 'x64', auditArchitecture: 0xc000003e, numbers: x32 },
  { name: 'SCMP_ARCH_AARCH64', machine: 'arm64', auditArchitecture: 0xc00000b7, numbers: aarch64 },
];

/** By its name in a profile, `SCMP_ARCH_…`; undefined for an unknown one. */
export function architectureOf(name: string): FilterArchitecture | undefined {
  return architectures.find((architecture) => architecture.name === name);
}

/** The machine's own. */
export function nativeArchitecture(machine: 'x64' | 'arm64'): FilterArchitecture {
  return machine === 'x64' ? architectures[0]! : architectures[3]!;
}

/** A machine's GOARCH name, which Docker's profile format uses. */
export function goArchitecture(machine: 'x64' | 'arm64'): string {
  return machine === 'x64' ? 'amd64' : 'arm64';
}
