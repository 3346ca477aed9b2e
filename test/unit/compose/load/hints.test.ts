import { expect, it } from 'vitest';
import { TcomposeError } from '../../../../src/errors.ts';
import { load } from './project.ts';

const service = (attributes: string) => `services: {a: {image: x, ${attributes}}}`;

/** The hint of the one error that a file, and what lies beside it, is refused with. */
const hintOf = async (text: string, beside: Record<string, string> = {}) =>
  load({ 'compose.yaml': text, ...beside }).then(
    () => 'nothing is wrong',
    (error: unknown) => (error instanceof TcomposeError ? error.hint : String(error)),
  );

it.each([
  [service('memory: 1g'), 'Did you mean "mem_limit"?'],
  [service('cmd: x'), 'Did you mean "command"?'],
  [service('healthcheck: {command: x}'), 'Did you mean "test"?'],
  [service('build: {path: .}'), 'Did you mean "context"?'],
  [service('configs: [{source: c, path: /x}]'), 'Did you mean "target"?'],
  [service('logging: {max-size: 1m}'), 'It belongs under "options", if the driver has it.'],
  [service('deploy: {resources: {memory: 1g}}'), 'It belongs under "limits" or "reservations".'],
  ['services: {a: {image: x}}\nnetworks: {n: {subnet: 10.0.0.0/24}}', 'It belongs under "ipam.config".'],
  [service('zzz: 1'), 'Keys of your own begin with "x-".'],
  [service('cpus: 50%'), 'A number has no unit: 0.5, 2.'],
  [service('pids_limit: many'), 'Write digits alone, such as 10.'],
  [service('ulimits: {nofile: "5:6"}'), 'Write {soft: 5, hard: 6}.'],
  [service('tty: "maybe"'), 'Write true or false.'],
  [service('extra_hosts: ["db 10.0.0.1"]'), 'Write HOST=ADDRESS.'],
  [service('devices: [{source: /dev/x}]'), 'Add target: the side of the container.'],
  [service('environment: ["A =1"]'), 'Remove the space after "A".'],
  ['services: {a: {image: x}}\nsecrets: {s: word}', 'Write file: PATH or environment: VARIABLE below it.'],
  [
    'services:\n<<<<<<< HEAD\n  a: {image: x}\n=======\n  a: {image: y}\n>>>>>>> b\n',
    'Keep one of the two sides, and remove the marks.',
  ],
])('%j is refused with what to do', async (text, hint) => {
  expect(await hintOf(text)).toBe(hint);
});

it.each([
  ['A="1', 'Close it with ".'],
  ['A B=1', 'A line is NAME=VALUE; a comment begins with #.'],
  ['A=${', 'A variable is $NAME or ${NAME}; single quotes keep a dollar sign as it is.'],
])('an environment file with %j, too', async (line, hint) => {
  expect(await hintOf(service('env_file: e'), { e: line })).toBe(hint);
});
