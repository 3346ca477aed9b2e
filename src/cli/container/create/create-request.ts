import type { ContainerCreateRequest } from '../../../engine/api/container.ts';
import { flag, type ParsedArgs } from '../../arguments/command.ts';
import { entryLines, keyValues } from '../../arguments/key-values.ts';
import { usage } from '../../arguments/usage-error.ts';
import { given } from './given-flags.ts';
import { healthcheck } from './healthcheck-flags.ts';
import { hostConfig } from './host-config.ts';
import { parseVolume } from './mount-flag.ts';
import { parsePublish } from './publish.ts';
import { absolutePath, type RequestSurroundings } from './request-surroundings.ts';

/**
 * `container run|create` flags as a create request. Positional arguments are the image and the command. Pure except for
 * `readFile`. The request contains only what was given, so that the image's settings apply to the rest.
 * @throws TcomposeError CLI_USAGE
 */
export function createRequest(
  args: ParsedArgs,
  attached: boolean,
  around: RequestSurroundings,
): ContainerCreateRequest {
  const [image = '', ...command] = args.positional;
  const stdin = flag.bool(args, 'interactive');
  const tty = flag.bool(args, 'tty');
  const streams = flag.list(args, 'attach').map((name) => name.toLowerCase());
  const wants = (name: string) => attached && (streams.length === 0 || streams.includes(name));
  const entrypoint = flag.str(args, 'entrypoint');
  const { exposed } = parsePublish(flag.list(args, 'publish'), flag.list(args, 'expose'));
  const anonymous = flag
    .list(args, 'volume')
    .flatMap((spec) => parseVolume(spec, absolutePath(around)).anonymous ?? []);
  const env = environment(args, around);
  const labels = {
    ...Object.assign(
      {},
      ...flag.list(args, 'label-file').map((file) => keyValues(entryLines(around.readFile(file)))),
    ),
    ...keyValues(flag.list(args, 'label')),
  };
  const health = healthcheck(args);
  return {
    Image: image,
    ...(command.length === 0 ? {} : { Cmd: command }),
    ...(entrypoint === undefined ? {} : { Entrypoint: entrypoint === '' ? [''] : [entrypoint] }),
    ...given.strings(args, {
      Hostname: 'hostname',
      Domainname: 'domainname',
      User: 'user',
      WorkingDir: 'workdir',
      StopSignal: 'stop-signal',
      MacAddress: 'mac-address',
    }),
    Tty: tty,
    OpenStdin: stdin,
    StdinOnce: stdin && attached,
    AttachStdin: stdin && wants('stdin'),
    AttachStdout: wants('stdout'),
    AttachStderr: wants('stderr'),
    ...(env.length === 0 ? {} : { Env: env }),
    ...(Object.keys(labels).length === 0 ? {} : { Labels: labels }),
    ...(Object.keys(exposed).length === 0 ? {} : { ExposedPorts: exposed }),
    ...(anonymous.length === 0 ? {} : { Volumes: Object.fromEntries(anonymous.map((path) => [path, {}])) }),
    ...(health === undefined ? {} : { Healthcheck: health }),
    ...given.numbers(args, { StopTimeout: 'stop-timeout' }),
    HostConfig: hostConfig(args, around),
    ...networking(args),
  };
}

function networking(args: ParsedArgs): Pick<ContainerCreateRequest, 'NetworkingConfig'> {
  const aliases = flag.list(args, 'network-alias');
  const ipam = given.strings(args, { IPv4Address: 'ip', IPv6Address: 'ip6' });
  if (aliases.length === 0 && Object.keys(ipam).length === 0) return {};
  const network = flag.str(args, 'network');
  if (network === undefined) throw usage('--network-alias, --ip and --ip6 need a --network');
  const endpoint = {
    ...(aliases.length === 0 ? {} : { Aliases: aliases }),
    ...(Object.keys(ipam).length === 0 ? {} : { IPAMConfig: ipam }),
  };
  return { NetworkingConfig: { EndpointsConfig: { [network]: endpoint } } };
}

function environment(args: ParsedArgs, around: RequestSurroundings): string[] {
  const given = [
    ...flag.list(args, 'env-file').flatMap((file) => entryLines(around.readFile(file))),
    ...flag.list(args, 'env'),
  ];
  // Just a name takes its value from this process; it is skipped if it has none.
  return given.flatMap((entry) => {
    if (entry.includes('=')) return [entry];
    const value = around.env[entry];
    return value === undefined ? [] : [`${entry}=${value}`];
  });
}
