import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Command } from '../../../../src/cli/arguments/command.ts';
import { logged } from '../../../../src/cli/oci/log.ts';

describe('a warning of an OCI command', () => {
  let cwd: string;
  beforeEach(() => {
    cwd = mkdtempSync(join(tmpdir(), 'tcompose-oci-log-'));
  });
  afterEach(() => rmSync(cwd, { recursive: true, force: true }));

  async function warned(flags: Record<string, string>): Promise<string[]> {
    const said: string[] = [];
    const command = logged({
      run: async (_args, ctx) => {
        ctx.warn('a limit stays as it is');
        return 0;
      },
    } as Command);
    const args = { flags, positional: [] };
    const ctx = { cwd, warn: (message: string) => said.push(message) };
    await command.run(args, ctx as unknown as Parameters<Command['run']>[1]);
    return said;
  }

  it('is on stderr without --log', async () => {
    expect(await warned({})).toEqual(['a limit stays as it is']);
  });

  it('is in the file of --log alone: stderr may be the container’s', async () => {
    expect(await warned({ log: 'log', 'log-format': 'json' })).toEqual([]);
    const line = readFileSync(join(cwd, 'log'), 'utf8');
    expect(JSON.parse(line)).toMatchObject({ level: 'warning', msg: 'a limit stays as it is' });
  });
});
