import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { CliContext } from '../../../../src/cli/context.ts';
import { askLine } from '../../../../src/cli/render/ask-line.ts';
import { confirm } from '../../../../src/cli/render/confirm.ts';

function terminal() {
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => undefined });
  const stderr = new PassThrough();
  return { stdin, stderr, ctx: { stdin, stderr } as unknown as CliContext };
}

describe('a question', () => {
  it.each([
    ['y\r', true],
    ['Yes\r', true],
    ['n\r', false],
    ['\r', false],
    ['\u0004', false],
  ])('answered with %j is %s', async (keys, agreed) => {
    const { ctx, stdin } = terminal();
    const asked = confirm(ctx, 'Do it?');
    stdin.write(keys);
    expect(await asked).toBe(agreed);
  });

  it('that is interrupted ends the command', async () => {
    for (const ask of [
      (ctx: CliContext) => confirm(ctx, 'Do it?'),
      (ctx: CliContext) => askLine(ctx, 'Name: '),
    ]) {
      const { ctx, stdin } = terminal();
      const asked = ask(ctx);
      stdin.write('\u0003');
      await expect(asked).rejects.toMatchObject({ code: 'CLI_INTERRUPTED', exitCode: 130 });
    }
  });

  it('for a secret does not show it', async () => {
    const { ctx, stdin, stderr } = terminal();
    const asked = askLine(ctx, 'Password: ', true);
    stdin.write('hush\r');
    expect(await asked).toBe('hush');
    let shown = '';
    // One piece at a time or all at once: versions of Node differ.
    for (let part = stderr.read(); part !== null; part = stderr.read()) shown += part;
    expect(shown).toBe('Password: \n');
  });
});
