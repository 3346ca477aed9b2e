import { TcomposeError } from '../../../errors.ts';
import { globMatch } from '../../../glob.ts';
import { labels } from '../../../project/labels.ts';
import { observedContainer } from '../../../project/observed.ts';
import { type Command, flag } from '../../arguments/command.ts';
import { table } from '../../render/table.ts';
import { watchersOf } from '../../watch/background/watchers.ts';

export const command: Command = {
  name: 'ls',
  summary: 'List projects',
  args: {
    max: 0,
    flags: [
      { name: 'all', short: 'a', type: 'boolean', summary: 'Include projects with nothing running' },
      { name: 'filter', type: 'strings', value: 'name=PATTERN', summary: 'Only projects of a name' },
      { name: 'format', type: 'string', choices: ['table', 'json'], summary: 'Output format: table, json' },
      { name: 'quiet', short: 'q', type: 'boolean', summary: 'Only names' },
    ],
  },
  async run(args, ctx) {
    const patterns = flag.list(args, 'filter').map((filter) => {
      if (!filter.startsWith('name='))
        throw new TcomposeError('CLI_USAGE', `--filter takes name=PATTERN; got "${filter}"`);
      return filter.slice('name='.length);
    });
    const client = await ctx.engine();
    const list = await client.containers.list({
      all: flag.bool(args, 'all'),
      filters: { label: [labels.project] },
    });
    const projects = new Map<string, { states: Map<string, number>; files: Set<string> }>();
    for (const container of list.map(observedContainer)) {
      if (container.oneoff) continue;
      const name = container.labels[labels.project]!;
      const entry = projects.get(name) ?? { states: new Map<string, number>(), files: new Set<string>() };
      entry.states.set(container.state, (entry.states.get(container.state) ?? 0) + 1);
      // All files: projects with the same name may come from several directories.
      for (const file of (container.labels[labels.configFiles] ?? '').split(',').filter(Boolean))
        entry.files.add(file);
      projects.set(name, entry);
    }
    const shown = [...projects]
      .filter(([name]) => patterns.every((pattern) => name.includes(pattern) || globMatch(pattern, name)))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { states, files }]) => ({ name, states, files }));
    const watchers = await watchersOf(
      client,
      shown.map(({ name }) => name),
    );
    const items = shown.map(({ name, states, files }) => {
      const watcher = watchers.get(name);
      return {
        Name: name,
        Status: [...states]
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([state, count]) => `${state}(${count})`)
          .join(', '),
        ConfigFiles: [...files].join(','),
        ...(watcher?.background === true ? { Watcher: watcher.pid } : {}),
      };
    });
    if (flag.bool(args, 'quiet')) for (const item of items) ctx.write(`${item.Name}\n`);
    else if (flag.str(args, 'format') === 'json') ctx.write(`${JSON.stringify(items)}\n`);
    else
      ctx.write(
        table(
          ['NAME', 'STATUS', 'CONFIG FILES'],
          items.map((item) => [
            item.Name,
            item.Watcher === undefined ? item.Status : `${item.Status}, watched`,
            item.ConfigFiles,
          ]),
        ),
      );
    return 0;
  },
};
