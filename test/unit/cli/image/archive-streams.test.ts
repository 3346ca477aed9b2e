import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CliContext } from '../../../../src/cli/context.ts';
import { checkOutput, openArchive, writeArchive } from '../../../../src/cli/image/archive-streams.ts';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'tcompose-test-'));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

function context(tty = false) {
  let interrupt: (() => void) | undefined;
  const written: Buffer[] = [];
  const stdout = new Writable({
    write(part, _encoding, done) {
      written.push(part);
      done();
    },
  });
  const ctx = {
    cwd,
    stdin: { isTTY: tty },
    stdout: Object.assign(stdout, { isTTY: tty }),
    onInterrupt: (handler: () => void) => {
      interrupt = handler;
      return () => {
        interrupt = undefined;
      };
    },
  } as unknown as CliContext;
  return { ctx, written, interrupt: () => interrupt?.() };
}

describe('an archive that is written', () => {
  it('appears when it is whole, in place of what was there', async () => {
    const { ctx } = context();
    writeFileSync(join(cwd, 'x.tar'), 'old');
    await writeArchive(ctx, Readable.from([Buffer.from('new')]), 'x.tar');
    expect(readFileSync(join(cwd, 'x.tar'), 'utf8')).toBe('new');
    expect(readdirSync(cwd)).toEqual(['x.tar']);
  });

  it('leaves nothing behind when the stream breaks, and what was there as it was', async () => {
    const { ctx } = context();
    writeFileSync(join(cwd, 'x.tar'), 'old');
    async function* broken() {
      yield Buffer.from('ne');
      throw new Error('the connection broke');
    }
    await expect(writeArchive(ctx, Readable.from(broken()), 'x.tar')).rejects.toThrow('the connection broke');
    expect(readFileSync(join(cwd, 'x.tar'), 'utf8')).toBe('old');
    expect(readdirSync(cwd)).toEqual(['x.tar']);
  });

  it('leaves nothing behind when it is interrupted', async () => {
    const { ctx, interrupt } = context();
    const endless = new Readable({ read() {} });
    endless.push('begin');
    const writing = writeArchive(ctx, endless, 'x.tar');
    await vi.waitFor(() => expect(readdirSync(cwd)).toHaveLength(1), { timeout: 90_000 });
    interrupt();
    await expect(writing).rejects.toMatchObject({ code: 'CLI_INTERRUPTED', exitCode: 130 });
    expect(readdirSync(cwd)).toEqual([]);
  });

  it('goes to standard output, which stays open, but not to a terminal', async () => {
    const { ctx, written } = context();
    await checkOutput(ctx, undefined, 'save');
    await writeArchive(ctx, Readable.from([Buffer.from('tar')]), undefined);
    expect(Buffer.concat(written).toString()).toBe('tar');
    expect(ctx.stdout.writableEnded).toBe(false);
    await expect(checkOutput(context(true).ctx, undefined, 'save')).rejects.toThrow(
      'cowardly refusing to save to a terminal',
    );
  });

  it('is refused before it is asked for where it can not be', async () => {
    const { ctx } = context();
    await expect(checkOutput(ctx, '.', 'save')).rejects.toThrow('is a directory');
    await expect(checkOutput(ctx, 'no/x.tar', 'save')).rejects.toThrow('does not exist');
  });
});

it('an archive that is read is no terminal, no directory and no missing file', () => {
  expect(() => openArchive(context(true).ctx, '-', '')).toThrow('is a terminal');
  expect(() => openArchive(context().ctx, '.', 'pack it')).toThrow('is a directory');
  expect(() => openArchive(context().ctx, 'missing', '')).toThrow('missing does not exist');
});
