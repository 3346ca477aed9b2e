import { resolve } from 'node:path';
import { TcomposeError } from '../../../errors.ts';
import { checkProcess } from '../../../runtime/spec/check/check-process.ts';
import { processShape } from '../../../runtime/spec/check/config-shape.ts';
import type { OciCapabilities, OciProcess, OciUser } from '../../../runtime/spec/oci-types.ts';
import { flag, type ParsedArgs } from '../../arguments/command.ts';
import type { CliContext } from '../../context.ts';
import { readJson, wholeProcess } from '../bundle/bundle.ts';
import type { OciContainer } from './store.ts';

/**
 * What an exec runs: the document of --process, or the container's process with the given words and flags instead of
 * its own. Throws RUNTIME_BUNDLE, CLI_USAGE.
 */
export function execProcess(ctx: CliContext, args: ParsedArgs, container: OciContainer): OciProcess {
  const file = flag.str(args, 'process');
  const words = args.positional.slice(1);
  const process = file === undefined ? fromFlags(args, words, container) : fromFile(resolve(ctx.cwd, file));
  for (const name of ['selinuxLabel', 'apparmorProfile'] as const) {
    if (process[name] && process[name] !== 'unconfined')
      throw new TcomposeError('RUNTIME_BUNDLE', `${name} is set, and this runtime sets none`);
  }
  checkProcess(process);
  return process;
}

function fromFile(path: string): OciProcess {
  const document = readJson(path);
  processShape(document, 'process');
  return wholeProcess(document as OciProcess, path);
}

function fromFlags(args: ParsedArgs, words: readonly string[], { spec }: OciContainer): OciProcess {
  if (words.length === 0)
    throw new TcomposeError('CLI_USAGE', 'no command was given', {
      hint: 'Name it after the id, or give a document with --process.',
    });
  const { consoleSize: _size, ...own } = spec.process;
  const label = flag.str(args, 'process-label');
  const profile = flag.str(args, 'apparmor');
  return {
    ...own,
    args: words,
    cwd: flag.str(args, 'cwd') ?? own.cwd,
    env: [...own.env, ...flag.list(args, 'env')],
    terminal: flag.bool(args, 'tty'),
    user: userOf(args, own.user),
    ...capabilitiesOf(flag.list(args, 'cap'), own.capabilities),
    ...(flag.bool(args, 'no-new-privs') ? { noNewPrivileges: true } : {}),
    ...(label ? { selinuxLabel: label } : {}),
    ...(profile ? { apparmorProfile: profile } : {}),
  };
}

function userOf(args: ParsedArgs, own: OciUser): OciUser {
  const user = flag.str(args, 'user');
  const groups = flag.list(args, 'additional-gids').map((text) => idOf(text));
  const additional = groups.length === 0 ? {} : { additionalGids: groups };
  if (user === undefined) return { ...own, ...additional };
  const [uid = '', gid = '0'] = user.split(':');
  return {
    uid: idOf(uid),
    gid: idOf(gid),
    ...(own.umask === undefined ? {} : { umask: own.umask }),
    ...additional,
  };
}

function idOf(text: string): number {
  if (/^\d{1,10}$/.test(text) && Number(text) < 0xffff_ffff) return Number(text);
  throw new TcomposeError('CLI_USAGE', `"${text}" is not a user or group number`, {
    hint: 'Write --user UID or UID:GID: names are not looked up here.',
  });
}

function capabilitiesOf(
  added: readonly string[],
  own: OciCapabilities | undefined,
): { readonly capabilities?: OciCapabilities } {
  if (own === undefined || added.length === 0) return own === undefined ? {} : { capabilities: own };
  const names = added.map((name) => (name.startsWith('CAP_') ? name : `CAP_${name.toUpperCase()}`));
  const more = (set: readonly string[] = []) => [...new Set([...set, ...names])];
  return {
    capabilities: {
      ...own,
      bounding: more(own.bounding),
      effective: more(own.effective),
      permitted: more(own.permitted),
    },
  };
}
