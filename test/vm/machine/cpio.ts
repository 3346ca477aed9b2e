/** One entry of an initial RAM file system. */
export interface CpioEntry {
  readonly path: string;
  /** With the type bits: 0o100755 a program, 0o040755 a directory. */
  readonly mode: number;
  readonly data?: Buffer;
}

/** An archive in the "newc" form (Documentation/driver-api/early-userspace/buffer-format.rst). */
export function cpio(entries: readonly CpioEntry[]): Buffer {
  const parts = entries.flatMap((entry, index) => member(entry, index + 1));
  return Buffer.concat([...parts, ...member({ path: 'TRAILER!!!', mode: 0 }, 0)]);
}

function member({ path, mode, data = Buffer.alloc(0) }: CpioEntry, inode: number): Buffer[] {
  const name = Buffer.from(`${path}\0`);
  const fields = [inode, mode, 0, 0, 1, 0, data.length, 0, 0, 0, 0, name.length, 0];
  const header = Buffer.from(`070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`);
  return [padded(Buffer.concat([header, name])), padded(data)];
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}
