import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explainCommandFile, interpreterOf } from '../../../../src/runtime/launch/command-file.ts';

const script = (text: string) => Buffer.from(text, 'latin1');

/** An ELF file with a PT_LOAD and a PT_INTERP header behind its own. */
function elf(machine: number, options: { loader?: string; wide?: boolean; big?: boolean } = {}): Buffer {
  const { loader, wide = true, big = false } = options;
  const bytes = Buffer.alloc(1024);
  const half = (at: number, value: number) =>
    big ? bytes.writeUInt16BE(value, at) : bytes.writeUInt16LE(value, at);
  const word = (at: number, value: number) =>
    big ? bytes.writeUInt32BE(value, at) : bytes.writeUInt32LE(value, at);
  const long = (at: number, value: number) => word(wide && big ? at + 4 : at, value);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, big ? 2 : 1, 1]);
  half(18, machine);
  if (loader === undefined) return bytes;
  const [header, size] = wide ? [64, 56] : [52, 32];
  long(wide ? 32 : 28, header);
  half(wide ? 54 : 42, size);
  half(wide ? 56 : 44, 2);
  word(header, 1);
  word(header + size, 3);
  long(header + size + (wide ? 8 : 4), 800);
  long(header + size + (wide ? 32 : 16), loader.length + 1);
  bytes.write(`${loader}\0`, 800, 'latin1');
  return bytes;
}

const explain = (errno: string, head: Buffer, rest: { mode?: number; missing?: boolean; on?: string } = {}) =>
  explainCommandFile(
    { path: '/entry.sh', mode: rest.mode ?? 0o755, head, interpreterMissing: rest.missing ?? true },
    errno,
    rest.on ?? 'amd64',
  );

describe('the interpreter of a file', () => {
  it.each([
    ['#!/bin/sh\n', '/bin/sh'],
    ['#! \t/usr/bin/env -S python3\n', '/usr/bin/env'],
    ['#!/bin/sh\r\n', '/bin/sh\r'],
    ['#!\n', undefined],
    ['echo #!/bin/sh\n', undefined],
    ['', undefined],
  ])('%j names %j', (text, interpreter) => expect(interpreterOf(script(text))).toBe(interpreter));

  it.each([
    { wide: true, big: false },
    { wide: true, big: true },
    { wide: false, big: false },
    { wide: false, big: true },
  ])('is the loader that an ELF file names: %j', (kind) => {
    expect(interpreterOf(elf(62, { ...kind, loader: '/lib/ld-musl-x86_64.so.1' }))).toBe(
      '/lib/ld-musl-x86_64.so.1',
    );
    expect(interpreterOf(elf(62, kind))).toBeUndefined();
  });

  it('is looked for in anything without fault', () => {
    const bytes = fc.uint8Array({ maxLength: 600 }).map((tail) => Buffer.from(tail));
    const cut = fc
      .tuple(fc.nat(1024), bytes)
      .map(([at, tail]) => Buffer.concat([elf(62, { loader: '/l' }).subarray(0, at), tail]));
    fc.assert(
      fc.property(fc.oneof(bytes, cut), fc.constantFrom('ENOENT', 'ENOEXEC', 'EACCES'), (head, errno) => {
        const hint = explain(errno, head);
        expect(hint === undefined || hint.endsWith('.')).toBe(true);
        expect(hint ?? '').not.toMatch(/[\x00-\x1f\x7f-\x9f]/);
      }),
    );
  });
});

describe('why a file cannot be run', () => {
  it.each([
    [
      'ENOENT',
      script('#!/bin/sh\r\necho\r\n'),
      /^The first line of \/entry\.sh ends with a carriage return: .*Windows/,
    ],
    ['ENOENT', script('#!/bin/bash -e\r\n'), /names \/bin\/bash, which is not in/],
    ['ENOENT', script('#!/bin/bash\n'), /names \/bin\/bash, which is not in the container/],
    [
      'ENOENT',
      elf(62, { loader: '/lib/ld-musl-x86_64.so.1' }),
      /loader \/lib\/ld-musl-x86_64\.so\.1 \(of musl/,
    ],
    ['ENOENT', elf(62, { loader: '/lib64/ld-linux-x86-64.so.2' }), /ld-linux-x86-64\.so\.2 \(of glibc\)/],
    ['ENOEXEC', elf(183), /a program for arm64, and this machine is amd64/],
    ['ENOEXEC', elf(22, { big: true }), /a program for s390x/],
    ['ENOEXEC', script('echo\n'), /must be one like #!\/bin\/sh/],
    ['ENOEXEC', script('\xef\xbb\xbf#!/bin/sh\n'), /byte order mark/],
    ['ENOEXEC', script(''), /is empty/],
  ])('%s', (errno, head, hint) => expect(explain(errno, head)).toMatch(hint));

  it('is its mode when nobody may execute it', () => {
    expect(explain('EACCES', script('#!/bin/sh\n'), { mode: 0o100644 })).toMatch(/mode 0644/);
    expect(explain('EACCES', script('#!/bin/sh\n'), { mode: 0o100700 })).toBeUndefined();
  });

  it('is not guessed', () => {
    expect(explain('ENOENT', script('#!/bin/sh\n'), { missing: false })).toBeUndefined();
    expect(explain('ENOEXEC', elf(3))).toBeUndefined();
    expect(explain('ENOEXEC', elf(40), { on: 'arm64' })).toBeUndefined();
    expect(explain('ENOENT', script('echo\n'))).toBeUndefined();
  });
});
