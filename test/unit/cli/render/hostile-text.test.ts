import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { plainLogStyle } from '../../../../src/cli/render/log-lines.ts';
import { plainRenderer } from '../../../../src/cli/render/plain.ts';
import { formatError } from '../../../../src/cli/render/print-error.ts';
import type { RenderTarget } from '../../../../src/cli/render/renderer.ts';
import { table } from '../../../../src/cli/render/table.ts';
import { ttyRenderer } from '../../../../src/cli/render/tty.ts';
import { TcomposeError } from '../../../../src/errors.ts';
import type { TcomposeEvent } from '../../../../src/events.ts';

/** Retitles the window, clears the screen, and begins a line of its own. */
const evil = 'a\x1b]0;owned\x07\x1b[2J\r\nforged';
const shown = 'a\\x1b]0;owned\\x07\\x1b[2J\\x0d\\nforged';

function target(isTTY: boolean) {
  const written: string[] = [];
  const stream = Object.assign(
    new Writable({
      decodeStrings: false,
      write(chunk, _encoding, done) {
        written.push(String(chunk));
        done();
      },
    }),
    { isTTY, columns: 200, rows: 50 },
  );
  const color = { stdout: false, stderr: false };
  const to: RenderTarget = { out: stream, err: stream, color, unicode: false, log: plainLogStyle };
  return { to, text: () => written.join('') };
}

const log = (line: string): TcomposeEvent => ({
  type: 'log',
  service: 'web',
  container: 'web-1',
  stream: 'stdout',
  line,
});

describe('text of others', () => {
  const events: readonly TcomposeEvent[] = [
    { type: 'begin', resources: [{ kind: 'container', name: evil }] },
    {
      type: 'progress',
      kind: 'container',
      name: evil,
      status: 'Created',
      state: 'done',
      detail: evil,
      at: 0,
    },
    { type: 'progress', kind: 'volume', name: evil, status: 'Created', state: 'done', at: 0 },
    { type: 'warning', message: evil, hint: evil },
    { type: 'error', error: new TcomposeError('CLI_USAGE', evil, { hint: evil }) },
    { type: 'container-exit', service: 'web', container: evil, exitCode: 1 },
  ];

  test.each([
    ['plain', plainRenderer],
    ['tty', ttyRenderer],
  ] as const)('does nothing to the terminal in names, warnings and errors: %s', async (_, renderer) => {
    const { to, text } = target(true);
    const { emit, close } = renderer(to);
    for (const event of events) emit(event);
    await close();
    expect(text()).toContain(shown);
    expect(text()).not.toMatch(/owned\x07|\x1b\[2J|\x1b\]/);
  });

  test('does nothing in a table, and is one row', () => {
    expect(table(['NAME'], [[evil]])).toBe(`NAME\n${shown}\n`);
  });

  test('is quoted visibly with the caret still under its place', () => {
    const where = { file: evil, line: 3, column: 4, sourceLine: '\t\x1b[x: 1' };
    expect(
      formatError(new TcomposeError('CLI_USAGE', 'no', { where }), { color: false, verbose: false }),
    ).toBe(`error: no\n  --> ${shown}:3:4\n3 | \t\\x1b[x: 1\n  | \t     ^\n`);
  });

  test('keeps its colours in what a container prints on a terminal, and all of it in a pipe', () => {
    const line = '\x1b[31mred\x1b[0m \x1b]52;c;cm0=\x07\x1b[1A\x1b[2Kweb-2  | forged';
    const terminal = target(true);
    plainRenderer(terminal.to).emit(log(line));
    expect(terminal.text()).toBe('web-1  | \x1b[31mred\x1b[0m web-2  | forged\n');
    const pipe = target(false);
    plainRenderer(pipe.to).emit(log(line));
    expect(pipe.text()).toBe(`web-1  | ${line}\n`);
  });
});
