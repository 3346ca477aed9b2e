import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requirements } from '../support/cli.ts';
import { type Workbench, workbench } from '../support/project-dir.ts';

const unmet = requirements({ containers: true, built: true });

describe.skipIf(unmet !== undefined)(`directories of one name${unmet ? ` (skipped: ${unmet})` : ''}`, () => {
  let bench: Workbench;
  const service = (name: string) =>
    `services: {${name}: {image: tcompose/host, init: true, command: sleep 1000}}\n`;
  beforeAll(() => {
    bench = workbench();
    bench.write('a/app/compose.yaml', service('one'));
    bench.write('b/app/compose.yaml', service('two'));
  });
  afterAll(() => bench.close('app', 'other'));
  const inB = (...args: string[]) =>
    bench.run('--project-directory', 'b/app', '-f', 'b/app/compose.yaml', ...args);

  it('are two projects only when somebody says so, and neither removes what is the other’s', () => {
    expect(bench.run('-f', 'a/app/compose.yaml', 'up', '-d').status).toBe(0);
    for (const command of [
      ['up', '-d', '--remove-orphans'],
      ['down', '--remove-orphans'],
      ['run', 'two', 'true'],
    ]) {
      const refused = inB(...command);
      expect(refused.status).toBe(1);
      expect(refused.stderr).toContain(join(bench.dir, 'a/app'));
      expect(refused.stderr).toContain(join(bench.dir, 'b/app'));
    }
    expect(bench.run('-p', 'app', 'ps', '--format', '{{.Service}}').stdout).toBe('one\n');
    expect(inB('-p', 'other', 'up', '-d').status).toBe(0);
    expect(inB('up', '-d', '--adopt').stderr).toContain('app-one-1');
    const files = ['a', 'b'].map((side) => join(bench.dir, side, 'app/compose.yaml'));
    const list = JSON.parse(bench.run('ls', '--format', 'json').stdout) as {
      Name: string;
      ConfigFiles: string;
    }[];
    expect(
      list
        .find(({ Name }) => Name === 'app')
        ?.ConfigFiles.split(',')
        .sort(),
    ).toEqual(files);
  });

  it('are one when the other is gone: the project was moved', () => {
    renameSync(join(bench.dir, 'a'), join(bench.dir, 'moved'));
    expect(inB('up', '-d').status).toBe(0);
  });
});
