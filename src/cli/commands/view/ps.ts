import { composeWords } from '../../../compose-words.ts';
import { TcomposeError } from '../../../errors.ts';
import { humanDuration } from '../../../human-duration.ts';
import { observeContainers } from '../../../project/observe.ts';
import { isUp, type ObservedContainer } from '../../../project/observed.ts';
import { type Command, flag } from '../../arguments/command.ts';
import { portsText } from '../../container/ports-text.ts';
import { tellElsewhere } from '../../other-engine.ts';
import { scopeOf, selectContainers } from '../../project.ts';
import { labelsText } from '../../render/listing.ts';
import { formatItems, table } from '../../render/table.ts';
import { tellBackground } from '../../watch/background/watchers.ts';

const STATES = ['paused', 'restarting', 'removing', 'running', 'dead', 'created', 'exited'];

/** A container in the fields of `ps --format` (Docker Compose's names). */
function fieldsOf(container: ObservedContainer, project: string, nowMs: number, full: boolean) {
  const { summary } = container;
  const short = (text: string, length: number) =>
    full || text.length <= length ? text : `${text.slice(0, length - 1)}…`;
  return {
    ID: full ? container.id : container.id.slice(0, 12),
    Name: container.name,
    Names: container.name,
    Image: container.image,
    Command: `"${short(summary.Command, 20)}"`,
    Project: project,
    Service: container.service,
    Created: summary.Created,
    CreatedAt: new Date(summary.Created * 1000).toISOString(),
    RunningFor: `${humanDuration(nowMs - summary.Created * 1000)} ago`,
    State: container.state,
    Status: summary.Status,
    Health: container.health === 'none' ? '' : container.health,
    ExitCode: container.exitCode ?? 0,
    Ports: portsText(summary.Ports),
    Publishers: summary.Ports.map((port) => ({
      URL: port.IP ?? '',
      TargetPort: port.PrivatePort,
      PublishedPort: port.PublicPort ?? 0,
      Protocol: port.Type,
    })),
    Networks: Object.keys(container.networks).join(','),
    LocalVolumes: String(container.mounts.filter(({ Driver }) => Driver === 'local').length),
    Size: '0B',
    Mounts: container.mounts.map((mount) => mount.Name ?? mount.Source).join(','),
    Labels: labelsText(container.labels),
  };
}

export const command: Command = {
  name: 'ps',
  summary: 'List containers',
  args: {
    usage: '[SERVICE...]',
    flags: [
      {
        name: 'all',
        short: 'a',
        type: 'boolean',
        summary: 'Include stopped containers, and those of `run`',
      },
      { name: 'filter', type: 'strings', value: 'status=STATE', summary: 'Only containers in a state' },
      { name: 'format', type: 'string', value: 'FORMAT', summary: 'table, json, or a template' },
      { name: 'no-trunc', type: 'boolean', summary: 'Do not shorten anything' },
      {
        name: 'orphans',
        type: 'boolean',
        summary: 'Include containers of services that the compose file no longer has (default true)',
      },
      { name: 'quiet', short: 'q', type: 'boolean', summary: 'Only ids' },
      { name: 'services', type: 'boolean', summary: 'Only names of services' },
      {
        name: 'status',
        type: 'strings',
        value: 'STATE',
        choices: STATES,
        summary: `Only containers in a state: ${STATES.join(', ')}`,
      },
    ],
  },
  async run(args, ctx) {
    const filters = flag.list(args, 'filter').map((filter) => {
      const match = /^status=(.*)$/.exec(filter);
      const [key = ''] = filter.split('=');
      if (key !== 'status')
        throw new TcomposeError(
          'CLI_USAGE',
          `${composeWords.unknownFilter(key)}: --filter takes status=STATE`,
        );
      if (match === null || !STATES.includes(match[1]!))
        throw new TcomposeError('CLI_USAGE', `--filter takes status=STATE; got "${filter}"`, {
          hint: `States are ${STATES.join(', ')}.`,
        });
      return match[1]!;
    });
    const states = new Set([...filters, ...flag.list(args, 'status')]);
    const [scope, client] = await Promise.all([scopeOf(ctx), ctx.engine()]);
    const all = flag.bool(args, 'all');
    const found = await observeContainers(client, scope.name, true);
    const containers = selectContainers(scope, found, args.positional, { oneoff: all || states.size > 0 })
      .filter((container) => {
        if (states.size > 0 && !states.has(container.state)) return false;
        if (states.size === 0 && !all && !isUp(container)) return false;
        if (flag.bool(args, 'orphans', true)) return true;
        return scope.project === undefined || scope.project.services[container.service] !== undefined;
      })
      .sort((one, other) => (one.name < other.name ? -1 : 1));
    if (flag.bool(args, 'quiet')) {
      for (const container of containers) ctx.write(`${container.id}\n`);
      return 0;
    }
    if (flag.bool(args, 'services')) {
      for (const service of new Set(containers.map((container) => container.service)))
        ctx.write(`${service}\n`);
      return 0;
    }
    await tellElsewhere(ctx, found.length, scope.name);
    await tellBackground(ctx, client, scope.name);
    const items = containers.map((container) =>
      fieldsOf(container, scope.name, Date.now(), flag.bool(args, 'no-trunc')),
    );
    ctx.write(
      formatItems(flag.str(args, 'format'), items, () =>
        table(
          ['NAME', 'IMAGE', 'COMMAND', 'SERVICE', 'CREATED', 'STATUS', 'PORTS'],
          items.map((item) => [
            item.Name,
            item.Image,
            item.Command,
            item.Service,
            item.RunningFor,
            item.Status,
            item.Ports,
          ]),
        ),
      ),
    );
    return 0;
  },
};
