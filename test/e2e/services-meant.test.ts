import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { requirements } from '../support/cli.ts';
import { type Workbench, workbench } from '../support/project-dir.ts';

const unmet = requirements({ containers: true, built: true });

/** Which containers a command acts on, as with Docker Compose. */
describe.skipIf(unmet !== undefined)(
  `the services a command means${unmet ? ` (skipped: ${unmet})` : ''}`,
  () => {
    let bench: Workbench;
    const ok = (...args: string[]) => {
      const done = bench.run(...args);
      expect(`${args.join(' ')}: ${done.status}\n${done.stderr}`).toContain(`${args.join(' ')}: 0\n`);
      return done.stdout;
    };
    const states = () =>
      ok('--profile', '*', 'ps', '-a', '--format', '{{.Name}} {{.State}}').trim().split('\n');

    beforeAll(() => {
      bench = workbench();
      const service = 'image: tcompose/host, init: true, command: sleep 1000';
      bench.write(
        'compose.yaml',
        `name: meant\nservices: {web: {${service}}, old: {${service}}, tool: {${service}, profiles: [dev]}}\n`,
      );
      bench.write(
        'less.yaml',
        `name: meant\nservices: {web: {${service}}, tool: {${service}, profiles: [dev]}}\n`,
      );
    });
    afterEach(() => {
      ok('-p', 'meant', 'down', '-t', '0', '--remove-orphans');
    });
    afterAll(() => bench.close('meant'));

    it('are those that the compose file has and profiles enable', () => {
      ok('--profile', 'dev', 'up', '-d');
      ok('-f', 'less.yaml', 'stop', '-t', '0');
      expect(states()).toEqual(['meant-old-1 running', 'meant-tool-1 running', 'meant-web-1 exited']);
      ok('-f', 'less.yaml', 'start');
      ok('-f', 'less.yaml', 'kill');
      expect(states()).toEqual(['meant-old-1 running', 'meant-tool-1 running', 'meant-web-1 exited']);
      ok('-f', 'less.yaml', 'rm', '-fs');
      expect(states()).toEqual(['meant-old-1 running', 'meant-tool-1 running']);
      ok('-f', 'less.yaml', 'kill', '--remove-orphans');
      expect(states()).toEqual(['meant-old-1 exited', 'meant-tool-1 running']);
    });

    it('are all of a project that is only named', () => {
      ok('--profile', 'dev', 'up', '-d');
      ok('-p', 'meant', 'stop', '-t', '0');
      expect(states()).toEqual(['meant-old-1 exited', 'meant-tool-1 exited', 'meant-web-1 exited']);
      ok('-p', 'meant', 'down', '-t', '0');
      expect(states()).toEqual(['']);
    });

    it('do not include containers of run, except for kill, ps and --remove-orphans', () => {
      ok('up', '-d', 'web');
      const id = ok('run', '-d', '--name', 'meant-cat', 'web', 'cat').trim();
      expect(id).toMatch(/^[0-9a-f]{64}$/);
      ok('run', '-T', '--name', 'meant-a', 'web', 'true');
      ok('rm', '-fs');
      expect(states()).toEqual(['meant-a exited', 'meant-cat running']);
      ok('up', '-d', '--remove-orphans', 'web');
      expect(states()).toEqual(['meant-cat running', 'meant-web-1 running']);
      expect(ok('ps', '--status', 'running', '-q').split('\n')).toContain(id);
      expect(ok('ps', '-q').split('\n')).not.toContain(id);
      const { stderr } = bench.run('down', '-t', '0');
      expect(stderr).toContain('containers of `run` stay (meant-cat)');
      expect(states()).toEqual(['meant-cat running']);
      ok('kill');
      expect(states()).toEqual(['meant-cat exited']);
    });

    it('run and exec differ in what a variable without a value becomes', () => {
      bench.write(
        'compose.yaml',
        'name: meant\nservices: {web: {image: tcompose/host, init: true, command: sleep 1000, environment: {OF_SERVICE: s}}}\n',
      );
      const show = ['sh', '-c', 'echo "${OF_SERVICE-none}"'];
      expect(ok('run', '--rm', '-T', '-e', 'OF_SERVICE', 'web', ...show)).toBe('s\n');
      ok('up', '-d');
      expect(ok('exec', '-T', '-e', 'OF_SERVICE', 'web', ...show)).toBe('none\n');
      bench.env.OF_SERVICE = 'here';
      expect(ok('run', '--rm', '-T', '-e', 'OF_SERVICE', 'web', ...show)).toBe('here\n');
      expect(ok('exec', '-T', '-e', 'OF_SERVICE', 'web', ...show)).toBe('here\n');
      const refused = bench.run('run', '--rm', '-v', 'vol:/b:ro:x', 'web', 'true');
      expect(refused.stderr).toContain('invalid volume "vol:/b:ro:x": it has too many colons');
    });
  },
);
