import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requirements } from '../support/cli.ts';
import { until } from '../support/engine.ts';
import { plainEnvironment } from '../support/environment.ts';
import { type Workbench, workbench } from '../support/project-dir.ts';

const unmet = requirements({ containers: true, built: true, commands: ['script', 'stty'] });

describe.skipIf(unmet !== undefined)(`keys while attached${unmet ? ` (skipped: ${unmet})` : ''}`, () => {
  let bench: Workbench;
  let terminal: ChildProcess;
  let output = '';
  const sees = (text: string | RegExp) => until(() => output.search(text) >= 0, `${text} in ${output}`);
  const press = (keys: string) => {
    output = '';
    terminal.stdin!.write(keys);
  };
  /** `up` on a terminal of its own; what the terminal is like afterwards is told, too. */
  const begin = () => {
    const cli = `${process.execPath} ${resolve('dist/tcompose.cjs')}`;
    const command = `stty cols 100 rows 30; stty -g; ${cli} up; echo "code $?"; stty -g`;
    terminal = spawn('script', ['-qec', command, '/dev/null'], {
      cwd: bench.dir,
      env: { ...plainEnvironment(), ...bench.env, TERM: 'xterm', SHELL: '/bin/sh' },
      stdio: 'pipe',
    });
    output = '';
    terminal.stdout!.on('data', (part: Buffer) => {
      output += part;
      whole += part;
    });
  };
  let whole = '';
  beforeAll(() => {
    bench = workbench();
    bench.write(
      'compose.yaml',
      `
name: keys
services:
  api: {image: tcompose/host, init: true, stop_grace_period: 0s, network_mode: none, command: "sh -c 'while :; do echo from api; sleep 0.2; done'"}
  web: {image: tcompose/host, init: true, stop_grace_period: 0s, network_mode: none, command: "sh -c 'while :; do echo from web; sleep 0.2; done'"}
`,
    );
  });
  afterAll(() => bench.close('keys'));

  it('help, show one service or lines with a text, restart, open a shell, and detach with everything running', async () => {
    begin();
    await sees('press h for the keys');
    press('h');
    await sees('detach');
    press('s2');
    await sees('web alone');
    press('');
    await sees('from web');
    expect(output).not.toContain('from api');
    press('afapi\r');
    await sees('lines with');
    press('');
    await sees('from api');
    expect(output).not.toContain('from web');
    press('r1');
    await sees('Restarting');
    await sees('Started');
    press('x1');
    await sees('a shell in keys-api-1');
    press('echo in$((1+1))side; exit\n');
    await sees('in2side');
    press('d');
    await sees('code 0');
    await until(() => terminal.exitCode !== null, 'the terminal to end');
    const modes = whole.match(/^[0-9a-f]+(?::[0-9a-f]+){10,}/gm) ?? [];
    expect(modes).toHaveLength(2);
    expect(modes[0]).toBe(modes[1]);
    expect(bench.run('ps', '-q').stdout.trim().split('\n')).toHaveLength(2);
  });

  it('end it as Ctrl+C does', async () => {
    begin();
    await sees('press h for the keys');
    press('\u0003');
    await sees('Gracefully stopping');
    await sees('code 130');
    expect(bench.run('ps', '-q').stdout.trim()).toBe('');
  });
});
