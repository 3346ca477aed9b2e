import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requirements } from '../support/cli.ts';
import { until } from '../support/engine.ts';
import { plainEnvironment } from '../support/environment.ts';
import { type Workbench, workbench } from '../support/project-dir.ts';

const unmet = requirements({ containers: true, built: true, commands: ['script', 'stty'] });

/** What hides the cursor, and what shows it again. */
const hidden = '\u001b[?25l';
const shown = '\u001b[?25h';

describe.skipIf(unmet !== undefined)(`the cursor${unmet ? ` (skipped: ${unmet})` : ''}`, () => {
  let bench: Workbench;
  let terminal: ChildProcess;
  let output: string;

  /** A shell with job control on a terminal of 80 by 24. */
  const begin = () => {
    terminal = spawn('script', ['-qec', 'stty cols 80 rows 24; exec bash --norc -i', '/dev/null'], {
      cwd: bench.dir,
      env: {
        ...plainEnvironment(),
        ...bench.env,
        TERM: 'xterm',
        SHELL: '/bin/sh',
        PS1: '$ ',
        CLI: `${process.execPath} ${resolve('dist/tcompose.cjs')}`,
      },
      stdio: 'pipe',
    });
    terminal.stdout!.on('data', (part: Buffer) => {
      output += part;
    });
  };
  const type = (text: string) => {
    output = '';
    terminal.stdin!.write(text);
  };
  const sees = (text: string | RegExp) => until(() => output.search(text) >= 0, `${text} in ${output}`);
  /** Whether the last word on the cursor was to show it. */
  const isShown = () => output.lastIndexOf(shown) > output.lastIndexOf(hidden);

  beforeAll(() => {
    bench = workbench();
    bench.write(
      'compose.yaml',
      `
name: cursor
services:
  slow:
    image: tcompose/host
    init: true
    stop_grace_period: 0s
    network_mode: none
    command: sleep infinity
    healthcheck: {test: [CMD, "false"], interval: 1s, start_period: 600s}
`,
    );
    output = '';
    begin();
  });
  afterAll(() => {
    terminal.kill();
    return bench.close('cursor');
  });

  it('is hidden while a list is drawn, and shown again when it is done', async () => {
    type('$CLI up -d; echo rc=$?\n');
    await sees(/rc=0/);
    expect(output).toContain(hidden);
    expect(isShown()).toBe(true);
    expect(output).toContain('[+] Running 1/1');
  });

  for (const [name, key, code] of [
    ['an interrupt', '\u0003', 130],
    ['a quit', '\u001c', 131],
  ] as const) {
    it(`is shown again after ${name}`, async () => {
      type('$CLI up -d --wait; echo rc=$?\n');
      await sees(/Waiting/);
      expect(isShown()).toBe(false);
      terminal.stdin!.write(key);
      await sees(/rc=\d/);
      expect(output).toContain(`rc=${code}`);
      expect(isShown()).toBe(true);
    });
  }

  it('is shown while the command is stopped, hidden when it goes on, and shown after a kill', async () => {
    type('$CLI up -d --wait\n');
    await sees(/Waiting/);
    terminal.stdin!.write('\u001a');
    await sees(/Stopped/);
    expect(isShown()).toBe(true);
    type('fg\n');
    await sees(/Waiting/);
    expect(isShown()).toBe(false);
    terminal.stdin!.write('\u001a');
    await sees(/Stopped/);
    type('kill %1; fg; echo rc=$?\n');
    await sees(/rc=\d/);
    expect(isShown()).toBe(true);
  });
});
