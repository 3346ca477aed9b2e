/** What differs between machines of one processor architecture and another. */
export interface Architecture {
  /** As Node names it in `process.arch`, and our C binary in its file name. */
  readonly node: 'x64' | 'arm64';
  /** As Debian names it. */
  readonly debian: 'amd64' | 'arm64';
  /** The emulator, and its arguments for a plain machine. */
  readonly qemu: string;
  readonly machine: readonly string[];
  /** The serial console as its kernel calls it. */
  readonly console: string;
  /** Below `kernel/arch` of the modules. */
  readonly kernel: string;
}

export const x64: Architecture = {
  node: 'x64',
  debian: 'amd64',
  qemu: 'qemu-system-x86_64',
  machine: ['-machine', 'q35'],
  console: 'ttyS0',
  kernel: 'x86',
};

export const arm64: Architecture = {
  node: 'arm64',
  debian: 'arm64',
  qemu: 'qemu-system-aarch64',
  machine: ['-machine', 'virt'],
  console: 'ttyAMA0',
  kernel: 'arm64',
};

/** True when this machine's processor can run it without emulation. */
export const isOwn = ({ node }: Architecture): boolean => node === process.arch;
