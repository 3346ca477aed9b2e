import { TcomposeError } from '../../../errors.ts';
import { observeContainers } from '../../../project/observe.ts';
import { type Command, flag } from '../../arguments/command.ts';
import { sharedFlags } from '../../arguments/flags.ts';
import { scopeOf, theContainer } from '../../project.ts';

export const command: Command = {
  name: 'port',
  summary: 'Show where a port of a service is published',
  args: {
    usage: 'SERVICE PRIVATE_PORT',
    min: 2,
    max: 2,
    flags: [
      sharedFlags.index,
      { name: 'protocol', type: 'string', choices: ['tcp', 'udp'], summary: 'tcp (default) or udp' },
    ],
  },
  async run(args, ctx) {
    const [service = '', portText = ''] = args.positional;
    const [number = '', suffix] = portText.split('/');
    const port = Number(number);
    if (!Number.isInteger(port) || port < 1 || port > 65535)
      throw new TcomposeError('CLI_USAGE', `a port is a number from 1 to 65535; got "${portText}"`);
    const protocol = suffix ?? flag.str(args, 'protocol') ?? 'tcp';
    const [scope, client] = await Promise.all([scopeOf(ctx), ctx.engine()]);
    const container = theContainer(
      scope,
      await observeContainers(client, scope.name),
      service,
      flag.num(args, 'index'),
    );
    const found = container.summary.Ports.find(
      (one) => one.PrivatePort === port && one.Type === protocol && (one.PublicPort ?? 0) > 0,
    );
    if (found === undefined)
      throw new TcomposeError(
        'PROJECT_SERVICE_UNKNOWN',
        `no port ${port}/${protocol} of container ${container.name} is published`,
        {
          hint:
            container.state === 'running'
              ? 'Publish it under `ports` of the service.'
              : 'The container is not running.',
        },
      );
    const ip = found.IP?.includes(':') === true ? `[${found.IP}]` : (found.IP ?? '0.0.0.0');
    ctx.write(`${ip}:${found.PublicPort}\n`);
    return 0;
  },
};
