import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requirements } from '../support/cli.ts';
import { until } from '../support/engine.ts';
import { plainEnvironment } from '../support/environment.ts';
import { type Workbench, workbench } from '../support/project-dir.ts';

const unmet = requirements({ containers: true, built: true, commands: ['script', 'stty'] });

/** What `stty -g` has said. */
const modesIn = (text: string) => text.match(/^[0-9a-f]+(?::[0-9a-f]+){10,}/gm) ?? [];

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
  const cli = `${process.execPath} ${resolve('dist/tcompose.cjs')}`;
  const begin = (command = `stty cols 100 rows 30; stty -g; ${cli} up; echo "code $?"; stty -g`) => {
    terminal = spawn('script', ['-qec', command, '/dev/null'], {
      cwd: bench.dir,
      env: { ...plainEnvironment(), ...bench.env, TERM: 'xterm', SHELL: '/bin/sh' },
      stdio: 'pipe',
    });
    output = '';
    whole = '';
    over = false;
    const own = terminal;
    // Not its exit: what it has printed may still be on its way then.
    own.once('close', () => {
      if (own === terminal) over = true;
    });
    terminal.stdout!.on('data', (part: Buffer) => {
      // One before may still say its last.
      if (own !== terminal) return;
      output += part;
      whole += part;
    });
  };
  let whole = '';
  let over = false;
  beforeAll(() => {
    bench = workbench();
    bench.write(
      'compose.yaml',
      `
name: keys
services:
  api: {image: tcompose/host, init: true, stop_grace_period: 0s, network_mode: none, command: "sh -c 'while :; do echo from api; sleep 0.2; done'", develop: {watch: [{action: sync+restart, path: ./src, target: /app}]}}
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
    await until(() => over, 'the terminal to end');
    const modes = modesIn(whole);
    expect(modes).toHaveLength(2);
    expect(modes[0]).toBe(modes[1]);
    expect(bench.run('ps', '-q').stdout.trim().split('\n')).toHaveLength(2);
  });

  it('begin to watch files, let changes wait, and go on; what that restarts is not told as an end', async () => {
    begin();
    await sees('press h for the keys');
    press('w');
    await sees('waiting for changes: api');
    bench.write('src/a', '1');
    await sees(/src.* → api synced, restarted/);
    press('w');
    await sees('changes wait');
    bench.write('src/a', '2');
    press('w');
    await sees(/src\/a → api synced, restarted/);
    press('q');
    await sees('Gracefully stopping');
    expect(whole.split('Gracefully')[0]).not.toContain('exited with code');
    await sees('code 130');
  });

  it('stop it as Ctrl+Z does, with the terminal as it was, and it goes on after', async () => {
    begin("PS1='ready> ' bash --norc --noprofile -i");
    await sees('ready>');
    press(`stty cols 80 rows 24; stty -g; ${cli} up\n`);
    await sees('press h for the keys');
    press('\u001a');
    await sees('Stopped');
    press('stty -g; stty cols 60 rows 20; fg\n');
    await sees('from api');
    press('h');
    await sees('detach');
    press('d');
    await sees('ready>');
    press('stty -g; exit\n');
    await until(() => over, 'the terminal to end');
    const modes = modesIn(whole);
    expect(modes).toHaveLength(3);
    expect(new Set(modes).size).toBe(1);
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
