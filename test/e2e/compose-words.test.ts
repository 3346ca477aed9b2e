import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { composeWords as words } from '../../src/compose-words.ts';
import { needs } from '../support/abilities.ts';
import { requirements } from '../support/cli.ts';
import { until } from '../support/engine.ts';
import { type Workbench, workbench } from '../support/project-dir.ts';

const unmet = requirements({ containers: true, built: true });
const box = 'image: tcompose/host, init: true, command: sleep 1000';

const files: Readonly<Record<string, string>> = {
  'compose.yaml': `
name: words
services:
  db: {${box}}
  web: {${box}, depends_on: [db]}
  job: {image: tcompose/host, command: "sh -c 'exit 3'"}
`,
  'unhealthy.yaml': `
services:
  sick: {${box}, healthcheck: {test: [CMD, "false"], interval: 100ms, retries: 2}}
  a: {${box}, depends_on: {sick: {condition: service_healthy}}}
`,
  'ended.yaml': `
services:
  sick: {image: tcompose/host, command: "sh -c 'exit 4'", healthcheck: {test: [CMD, "true"]}}
  a: {${box}, depends_on: {sick: {condition: service_healthy}}}
`,
  'failed.yaml': `
services:
  sick: {image: tcompose/host, command: "sh -c 'exit 4'"}
  a: {${box}, depends_on: {sick: {condition: service_completed_successfully}}}
`,
  'unchecked.yaml': `
services:
  sick: {${box}}
  a: {${box}, depends_on: {sick: {condition: service_healthy}}}
`,
  'optional.yaml': `
services:
  sick: {image: tcompose/host, command: "sh -c 'exit 4'"}
  a: {image: tcompose/host, command: "true", depends_on: {sick: {condition: service_completed_successfully, required: false}}}
`,
  'slow.yaml': `
services:
  slow: {${box}, healthcheck: {test: [CMD, "false"], interval: 60s, start_period: 60s}}
`,
  'network.yaml': `
services: {a: {${box}, networks: [n]}}
networks: {n: {external: true, name: nope}}
`,
  'volume.yaml': `
services: {a: {${box}, volumes: ["nope:/d"]}}
volumes: {nope: {external: true, name: nope}}
`,
  'secret.yaml': `
services: {a: {${box}, secrets: [n]}}
secrets: {n: {external: true}}
`,
  'shared.yaml': `
services:
  y: {${box}, scale: 0}
  x: {${box}, network_mode: "service:y"}
  p: {${box}, pid: "service:y"}
  v: {${box}, volumes_from: [y]}
`,
  'hooks.yaml': `
services:
  before: {${box}, pre_stop: [{command: [sh, -c, exit 7]}]}
`,
  'profile.yaml': `
services: {s: {${box}, profiles: [x]}}
`,
};

/** A command line and how what it prints begins: `error: …`, or `warning: …` and an exit code of 0. */
type Row = readonly [command: string, kind: 'error' | 'warning', sentence: string];

/** With nothing there. */
const before: readonly Row[] = [
  ['exec web true', 'error', words.notRunning('web')],
  ['exec nope true', 'error', words.notRunning('nope')],
  ['attach web', 'error', words.notRunning('web')],
  ['port web 80', 'error', words.notRunning('web')],
  ['start web', 'error', words.nothingToStart('web')],
  ['-p empty start', 'error', words.noContainer('empty')],
  ['wait web', 'error', words.noContainersToWaitFor('words')],
  ['cp nope:/x /tmp/y', 'error', words.noContainerToCopy('nope')],
  ['cp a b', 'error', words.copyDirection],
  ['kill', 'warning', words.nothingToKill],
  ['rm -f', 'warning', words.nothingStopped],
  ['down', 'warning', words.nothingToRemove('words')],
  ['-f profile.yaml up -d', 'error', words.noServiceSelected],
  ['-f network.yaml up -d', 'error', words.externalNetwork('nope')],
  ['-f volume.yaml up -d', 'error', words.externalVolume('nope')],
  ['-f secret.yaml up -d', 'error', words.externalObject('secret', 'n')],
  ['-f shared.yaml up -d x', 'error', words.containerMissing('network namespace', 'y')],
  ['-f shared.yaml up -d p', 'error', words.containerMissing('PID namespace', 'y')],
  ['-f shared.yaml up -d v', 'error', words.containerMissing('volume', 'y')],
  ['-f shared.yaml run --no-deps x true', 'error', words.containerMissing('network namespace', 'y')],
  ['scale web=x', 'error', words.notAScale('web=x')],
  ['up -d --scale web', 'error', words.notAScaleOption('web')],
  ['ps --filter foo=bar', 'error', words.unknownFilter('foo')],
  ['logs --since x', 'error', words.notATime('since', 'x')],
  ['down --rmi foo', 'error', words.invalidChoice('rmi', 'foo')],
  ['exec web', 'error', words.tooFewArguments(2, 1)],
  ['up --force-recreate --no-recreate', 'error', words.incompatible('force-recreate', 'no-recreate')],
  [
    'up -d --attach web',
    'error',
    '--detach cannot be combined with --abort-on-container-exit, --abort-on-container-failure, --attach, --attach-dependencies or --watch',
  ],
];

/** With `compose.yaml` up. */
const during: readonly Row[] = [
  ['exec job true', 'error', words.notRunning('job')],
  ['exec --index 3 db true', 'error', words.notRunningNumber('db', 3)],
];

const dependencies: readonly Row[] = [
  ['unhealthy', 'error', words.dependencyFailed(words.unhealthy('words-sick-1'))],
  ['ended', 'error', words.dependencyFailed(words.exited('words-sick-1', 4))],
  ['failed', 'error', words.notCompleted('sick', 4)],
  ['unchecked', 'error', words.dependencyFailed(words.noHealthcheck('words-sick-1'))],
  ['optional', 'warning', words.optionalNotCompleted('sick', 4)],
];

describe.skipIf(unmet !== undefined)(
  `Docker Compose's sentences come first${unmet ? ` (skipped: ${unmet})` : ''}`,
  () => {
    let bench: Workbench;
    const holds = ([command, kind, sentence]: Row) => {
      const done = bench.run(...command.split(' '));
      const line = done.stderr.split('\n').find((one) => one.startsWith(`${kind}: `)) ?? done.stderr;
      expect(`${command}\n${line}`).toContain(`${command}\n${kind}: ${sentence}`);
      expect(`${command}: ${done.status}`).toBe(`${command}: ${kind === 'error' ? 1 : 0}`);
    };
    beforeAll(() => {
      bench = workbench();
      for (const [name, text] of Object.entries(files)) bench.write(name, text);
    });
    afterAll(() => bench.close('words'));

    it('with nothing there', () => before.forEach(holds));

    it('of what is there', async () => {
      expect(bench.run('up', '-d').status).toBe(0);
      const states = () => bench.run('ps', '-a', '--format', '{{.Service}} {{.State}}').stdout;
      await until(() => states().includes('job exited'), 'the job to end');
      during.forEach(holds);
      bench.run('stop', '-t', '1', 'job');
      expect(bench.run('stop', 'job').stderr).toContain('Container words-job-1  Stopped\n');
      bench.run('run', '-d', '--name', 'words-once', 'job', 'sleep', '1000');
      // A container of `run` is the service's when no other of it runs.
      expect(bench.run('exec', '-T', 'job', 'sh', '-c', 'echo here').stdout).toBe('here\n');
      expect(bench.run('exec', '-T', '-e', 'NOWHERE_SET', 'db', 'env').stdout).not.toContain('NOWHERE_SET');
      // `down` leaves it alone.
      expect(bench.run('container', 'rm', '-f', 'words-once').status).toBe(0);
    });

    it('of what is paused', async (context) => {
      await needs(bench, 'limits', context);
      expect(bench.run('up', '-d', 'web').status).toBe(0);
      expect(bench.run('pause', 'web').status).toBe(0);
      holds(['exec web true', 'error', words.paused('words-web-1')]);
      // The engine's own words for a state that is so already.
      const again = bench.run('pause', 'web');
      expect(`${again.status} ${again.stderr}`).toMatch(/^1 (.|\n)*is already paused/);
      expect(bench.run('unpause', 'web').status).toBe(0);
    });

    it('of dependencies that fail', () => {
      bench.run('down', '-t', '0');
      for (const [name, kind, sentence] of dependencies) {
        holds([`-p words -f ${name}.yaml up -d`, kind, sentence]);
        bench.run('-p', 'words', '-f', `${name}.yaml`, 'down', '-t', '0');
      }
      holds(['-p words -f slow.yaml up -d --wait --wait-timeout 1', 'error', words.notHealthyAfter(1)]);
    });

    it('a hook that fails before a stop does not keep anything up, but the command fails', () => {
      expect(bench.run('-p', 'words', '-f', 'hooks.yaml', 'up', '-d', '--remove-orphans').status).toBe(0);
      holds(['-p words -f hooks.yaml down -t 0', 'error', words.hookFailed('before', 7)]);
      const { status, stdout } = bench.run('-p', 'words', '-f', 'hooks.yaml', 'ps', '-a', '-q', 'before');
      expect([status, stdout]).toEqual([0, '']);
    });
  },
);
