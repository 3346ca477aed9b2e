import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseVolume } from '../../compose/canonical/volumes.ts';
import type { Mount } from '../../compose/model/mounts.ts';
import type { Port } from '../../compose/model/networking.ts';
import type { Service } from '../../compose/model/service.ts';
import { splitShellWords } from '../../compose/values/shell-words.ts';
import { TcomposeError } from '../../errors.ts';
import { flag, type ParsedArgs } from '../arguments/command.ts';
import { keyValues } from '../arguments/key-values.ts';
import { usage } from '../arguments/usage-error.ts';
import type { CliContext } from '../context.ts';

/** A service with the changes by `run`'s flags and command line. */
export async function runOverrides(
  service: Service,
  args: ParsedArgs,
  words: readonly string[],
  mode: { readonly tty: boolean; readonly interactive: boolean; readonly ctx: CliContext },
): Promise<Service> {
  const { ctx } = mode;
  const environment: Record<string, string | null> = { ...service.environment };
  for (const file of flag.list(args, 'env-from-file'))
    Object.assign(environment, await variablesOf(resolve(ctx.cwd, file)));
  for (const entry of flag.list(args, 'env')) {
    const at = entry.indexOf('=');
    const value = at < 0 ? ctx.env[entry] : undefined;
    // Without a value here, a variable keeps that of the service or image.
    if (at < 0 && value !== undefined) environment[entry] = value;
    if (at >= 0) environment[entry.slice(0, at)] = entry.slice(at + 1);
  }
  const labels = { ...service.labels, ...keyValues(flag.list(args, 'label')) };
  const entrypoint = flag.str(args, 'entrypoint');
  const published = flag.list(args, 'publish').map(parsePort);
  const ports = flag.bool(args, 'service-ports') ? [...(service.ports ?? []), ...published] : published;
  const { container_name: _name, restart: _restart, deploy: _deploy, ...rest } = service;
  return {
    ...rest,
    environment,
    labels,
    ports,
    tty: mode.tty,
    stdin_open: mode.interactive,
    cap_add: [...(service.cap_add ?? []), ...flag.list(args, 'cap-add')],
    cap_drop: [...(service.cap_drop ?? []), ...flag.list(args, 'cap-drop')],
    volumes: [...(service.volumes ?? []), ...flag.list(args, 'volume').map((text) => mountOf(text, ctx.cwd))],
    ...(service.deploy?.resources === undefined ? {} : { deploy: { resources: service.deploy.resources } }),
    ...(flag.str(args, 'user') === undefined ? {} : { user: flag.str(args, 'user')! }),
    ...(flag.str(args, 'workdir') === undefined ? {} : { working_dir: flag.str(args, 'workdir')! }),
    // The service's command does not become the arguments of a new entrypoint.
    ...(entrypoint === undefined ? {} : { entrypoint: entrypointWords(entrypoint), command: [] }),
    ...(words.length > 0 ? { command: words } : {}),
  };
}

/** `KEY=VALUE` lines; empty lines and comments are skipped. */
async function variablesOf(file: string): Promise<Record<string, string>> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'no such file' : (code ?? (error as Error).message);
    throw new TcomposeError('CLI_USAGE', `--env-from-file: ${file} cannot be read: ${reason}`, {
      cause: error,
    });
  }
  const pairs = text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '' && !line.trimStart().startsWith('#') && line.includes('='))
    .map((line) => [line.slice(0, line.indexOf('=')).trim(), line.slice(line.indexOf('=') + 1)] as const);
  return Object.fromEntries(pairs);
}

/** `[ip:][published:]target[/protocol]`. */
function parsePort(text: string): Port {
  const match = /^(?:(?:(\[[^\]]+\]|[\d.]+):)?(\d+(?:-\d+)?)?:)?(\d+)(?:\/(tcp|udp|sctp))?$/.exec(text);
  if (match === null)
    throw new TcomposeError('CLI_USAGE', `a port is written [IP:][HOST_PORT:]PORT[/PROTOCOL]; got "${text}"`);
  const [, ip, published, target, protocol] = match;
  return {
    target: Number(target),
    ...(ip === undefined ? {} : { host_ip: ip.replace(/^\[|\]$/g, '') }),
    ...(published === undefined ? {} : { published }),
    protocol: protocol ?? 'tcp',
  };
}

/** `[SOURCE:]TARGET[:OPTIONS]`, as in a compose file; a relative path is below the working directory. */
function mountOf(text: string, cwd: string): Mount {
  const parsed = parseVolume(text);
  if (typeof parsed.error === 'string') throw usage(`invalid volume "${text}": ${parsed.error}`);
  const mount = parsed as unknown as Mount;
  if (mount.target?.startsWith('/') !== true)
    throw usage(`invalid volume "${text}": the path in the container must be absolute`);
  if (mount.type !== 'bind' || mount.source === undefined) return mount;
  const source = mount.source.replace(/^~(?=\/|$)/, process.env.HOME ?? '~');
  return { ...mount, source: resolve(cwd, source) };
}

/** Words of `--entrypoint`, by the rules for command lines in a compose file. Throws CLI_USAGE for an open quote. */
export function entrypointWords(text: string): readonly string[] {
  const split = splitShellWords(text);
  if ('error' in split) throw usage(`--entrypoint: ${split.error}; got ${JSON.stringify(text)}`);
  return split.words;
}
