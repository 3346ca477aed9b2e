/** An entry of an archive as an attacker would write it: nothing in it is checked. */
export interface HostileEntry {
  readonly name: string;
  readonly type?: keyof typeof flags;
  /** Target of a link. */
  readonly to?: string;
  readonly data?: string | Buffer;
  readonly mode?: number;
  /** Major and minor number of a device. */
  readonly device?: readonly [number, number];
  /** Extended attributes. */
  readonly xattrs?: Readonly<Record<string, string>>;
}

const flags = {
  file: '0',
  hard: '1',
  link: '2',
  character: '3',
  block: '4',
  directory: '5',
  fifo: '6',
} as const;

/** A tar of the entries, each with its name, target and attributes in a pax header, so that any text and length goes. */
export function hostileTar(entries: readonly HostileEntry[]): Buffer {
  const parts = entries.flatMap(({ name, type = 'file', to = '', data = '', mode, device, xattrs = {} }) => {
    const content = Buffer.from(data as Buffer);
    const records: [string, string][] = [['path', name]];
    if (to !== '') records.push(['linkpath', to]);
    for (const [key, value] of Object.entries(xattrs)) records.push([`SCHILY.xattr.${key}`, value]);
    const pax = Buffer.concat(records.map(([key, value]) => record(key, value)));
    return [
      header('x', pax.length, 0o644),
      padded(pax),
      header(flags[type], content.length, mode ?? (type === 'directory' ? 0o755 : 0o644), device),
      padded(content),
    ];
  });
  return Buffer.concat([...parts, Buffer.alloc(1024)]);
}

function record(key: string, value: string): Buffer {
  const body = ` ${key}=${value}\n`;
  let length = Buffer.byteLength(body);
  while (String(length).length + Buffer.byteLength(body) !== length)
    length = String(length).length + Buffer.byteLength(body);
  return Buffer.from(`${length}${body}`);
}

const padded = (data: Buffer) => Buffer.concat([data, Buffer.alloc((512 - (data.length % 512)) % 512)]);
const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')}\0`;

/** A ustar header; the name stands in the pax header before it. */
function header(
  flag: string,
  size: number,
  mode: number,
  [major, minor]: readonly [number, number] = [0, 0],
): Buffer {
  const block = Buffer.alloc(512);
  block.write('x', 0);
  block.write(octal(mode, 7), 100);
  block.write(octal(0, 7) + octal(0, 7) + octal(size, 11) + octal(0, 11), 108);
  block.write(' '.repeat(8), 148);
  block.write(flag, 156);
  block.write('ustar\x0000', 257);
  block.write(octal(major, 7) + octal(minor, 7), 329);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}
