import { describe, expect, test } from 'vitest';
import type { Command, CommandEntry } from '../../../../src/cli/arguments/command.ts';
import { commandNames } from '../../../../src/cli/arguments/command-names.ts';
import { commands, groups } from '../../../../src/cli/arguments/command-table.ts';
import { dispatch } from '../../../../src/cli/arguments/dispatch.ts';

const loaded: string[] = [];
const fake = (name: string): CommandEntry => ({
  summary: `about ${name}`,
  load: async () => {
    loaded.push(name);
    const command: Command = {
      name,
      summary: `about ${name}`,
      args: {
        usage: 'SERVICE',
        min: 1,
        flags: [{ name: 'force', short: 'f', type: 'boolean', summary: 'really' }],
      },
      run: () => 0,
    };
    return { command };
  },
});
const table = { up: fake('up'), down: fake('down') };
const grouped = { image: { summary: 'images', commands: { ls: fake('ls') } } };
const ask = (argv: string[], env = {}) => dispatch(argv, env, table, grouped);

test('the list of names is that of the table', () => {
  expect(commandNames).toEqual([...Object.keys(commands), ...Object.keys(groups)].sort());
});

describe('dispatch', () => {
  test('loads only the module asked for', async () => {
    loaded.length = 0;
    expect(await ask(['-p', 'shop', 'up', '-f', 'web'])).toMatchObject({
      kind: 'run',
      args: { flags: { force: true }, positional: ['web'] },
      globals: { projectName: 'shop', files: [] },
    });
    expect(loaded).toEqual(['up']);
  });

  test('global flags stand before the command; dry-run also after it', async () => {
    expect(await ask(['-f', 'a.yaml', '--file=b.yaml', 'up', 'web', '--dry-run'])).toMatchObject({
      globals: { files: ['a.yaml', 'b.yaml'], dryRun: true },
    });
  });

  test('a global flag behind the command is told its place', async () => {
    await expect(ask(['up', '--progress', 'plain', 'web'])).rejects.toMatchObject({
      message: 'unknown flag: --progress',
      hint: '--progress goes before the command: `tcompose --progress KIND up`.',
    });
    await expect(ask(['up', '-p', 'shop', 'web'])).rejects.toMatchObject({
      message: 'unknown shorthand flag: -p',
      hint: '--project-name goes before the command: `tcompose --project-name NAME up`.',
    });
  });

  test('groups', async () => {
    expect(await ask(['image', 'ls', 'x'])).toMatchObject({ kind: 'run' });
    expect(await ask(['image'])).toMatchObject({ kind: 'help', exitCode: 1 });
    await expect(ask(['image', 'sl'])).rejects.toMatchObject({
      message: 'unknown command: tcompose image sl',
      hint: 'Did you mean `tcompose image ls`?',
    });
  });

  test.each([
    ['docker', 'Leave out "docker".'],
    ['compose', 'Leave out "compose".'],
    ['destroy', 'Did you mean `tcompose down`?'],
    ['constructor', 'See `tcompose --help`.'],
  ])('the command %s of another tool has a hint', async (name, hint) => {
    await expect(ask([name, 'up'])).rejects.toMatchObject({
      message: `unknown command: tcompose ${name}`,
      hint,
    });
  });

  test('help wins over missing arguments', async () => {
    const help = await ask(['up', '--help']);
    expect(help).toMatchObject({ kind: 'help', exitCode: 0 });
    expect(help.kind === 'help' && help.text).toContain('-f, --force  really');
    expect(await ask(['help', 'up'])).toEqual(help);
    expect(await ask(['--help'])).toMatchObject({ kind: 'help', exitCode: 0 });
    expect(await ask([])).toMatchObject({ kind: 'help', exitCode: 1 });
  });

  test('a typo gets the nearest name', async () => {
    await expect(ask(['dwon'])).rejects.toMatchObject({ hint: 'Did you mean `tcompose down`?', exitCode: 1 });
  });

  test('names of object members are no commands', async () => {
    await expect(ask(['constructor'])).rejects.toMatchObject({ code: 'CLI_USAGE' });
  });

  test('environment gives what the command line leaves out', async () => {
    const env = { COMPOSE_PROGRESS: 'json', COMPOSE_PARALLEL_LIMIT: '3', COMPOSE_ANSI: 'never' };
    expect(await ask(['up', 'x'], env)).toMatchObject({
      globals: { progress: 'json', parallel: 3, ansi: 'never' },
    });
    expect(await ask(['--progress', 'plain', 'up', 'x'], env)).toMatchObject({
      globals: { progress: 'plain' },
    });
  });
});

describe('the table', () => {
  const all = [
    ...Object.entries(commands),
    ...Object.values(groups).flatMap((group) => Object.entries(group.commands)),
  ];

  test.each(all)(
    '%s: the module is the command of that name, its flags do not collide',
    async (name, entry) => {
      const { command } = await entry.load();
      expect(command.name).toBe(name);
      const names = command.args.flags.flatMap((flag) => [flag.name, ...(flag.aliases ?? [])]);
      const shorts = command.args.flags.flatMap((flag) => flag.short ?? []);
      expect(new Set(names).size).toBe(names.length);
      expect(new Set(shorts).size).toBe(shorts.length);
    },
  );

  test('holds every command of Docker Compose that runs containers', () => {
    const wanted =
      'attach build commit config cp create down events exec export images kill logs ls pause port ps publish pull push restart rm run scale start stats stop top unpause up version volumes wait watch';
    for (const name of wanted.split(' ')) expect(Object.keys(commands)).toContain(name);
  });
});
