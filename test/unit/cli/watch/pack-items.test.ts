import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packItems } from '../../../../src/cli/watch/put/pack-items.ts';
import { TarReader } from '../../../../src/tar/tar-reader.ts';
import type { SyncItem } from '../../../../src/watch/batch.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tcompose-pack-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

const item = (name: string, more: Partial<SyncItem> = {}): SyncItem => ({
  source: join(dir, name),
  target: `/t/${name}`,
  kind: 'file',
  ...more,
});

/** What is in the archives: per archive, name → content or kind. */
async function unpacked(items: readonly SyncItem[]) {
  const packed = packItems(items);
  const archives: Map<string, string | Buffer>[] = [];
  for await (const { tar } of packed.archives) {
    const found = new Map<string, string | Buffer>();
    const reader = new TarReader(Buffer.isBuffer(tar) ? Readable.from([tar]) : tar);
    for (let entry = await reader.next(); entry !== undefined; entry = await reader.next()) {
      const parts: Buffer[] = [];
      for (let part = await reader.read(); part !== undefined; part = await reader.read())
        parts.push(Buffer.from(part));
      found.set(entry.name, entry.type === 'file' ? Buffer.concat(parts) : entry.type);
    }
    archives.push(found);
  }
  return { ...packed, archives };
}

describe('items for a container', () => {
  it('are packed as they stand here; what is gone is taken away, deepest first', async () => {
    mkdirSync(join(dir, 'd'));
    writeFileSync(join(dir, 'd/f'), 'content');
    symlinkSync('f', join(dir, 'd/l'));
    const gone = [item('x', { kind: 'gone-directory' }), item('x/y', { kind: 'gone' })];
    const { archives, ...rest } = await unpacked([item('d/l'), item('d/f'), item('d'), ...gone]);
    expect(archives).toEqual([
      new Map<string, string | Buffer>([
        ['t/d/', 'directory'],
        ['t/d/f', Buffer.from('content')],
        ['t/d/l', 'symlink'],
      ]),
    ]);
    expect(rest.gone).toEqual([
      { path: '/t/x/y', directory: false },
      { path: '/t/x', directory: true },
    ]);
  });

  it('that are large go alone, as a stream, behind the directory they are in', async () => {
    const large = randomBytes(17 * 1024 * 1024 + 5);
    mkdirSync(join(dir, 'd'));
    writeFileSync(join(dir, 'd/large'), large);
    writeFileSync(join(dir, 'e'), 'small');
    const { archives } = await unpacked([item('d'), item('d/large'), item('e')]);
    expect(archives.map((found) => [...found.keys()])).toEqual([['t/d/'], ['t/d/large'], ['t/e']]);
    expect(large.equals(archives[1]?.get('t/d/large') as Buffer)).toBe(true);
  });

  const cannotBeRefused = process.getuid?.() === 0 && process.seteuid === undefined;
  it.skipIf(cannotBeRefused)(
    `that may not be read are a problem, not silence${cannotBeRefused ? ' (skipped: root, in a thread)' : ''}`,
    async () => {
      writeFileSync(join(dir, 'closed'), '');
      chmodSync(join(dir, 'closed'), 0o000);
      chmodSync(dir, 0o755);
      if (process.getuid?.() === 0) process.seteuid?.(65534);
      try {
        expect((await unpacked([item('closed')])).problems).toEqual([
          { path: '/t/closed', message: 'this user may not read what is here' },
        ]);
      } finally {
        if (process.getuid?.() === 0) process.seteuid?.(0);
      }
    },
  );
});
