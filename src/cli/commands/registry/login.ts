import { homedir } from 'node:os';
import type { AuthRequest } from '../../../engine/api/registry.ts';
import { statusOf } from '../../../engine/client/api-failure.ts';
import { TcomposeError } from '../../../errors.ts';
import { type Command, flag, type ParsedArgs } from '../../arguments/command.ts';
import { usage } from '../../arguments/usage-error.ts';
import type { CliContext } from '../../context.ts';
import { dockerConfigFile } from '../../credentials/auth-files.ts';
import type { RegistryAuth } from '../../credentials/docker-config.ts';
import { createCredentialFinder } from '../../credentials/find-credentials.ts';
import { keyOfServer } from '../../credentials/server-key.ts';
import { keepCredentials } from '../../credentials/store-credentials.ts';
import { askLine } from '../../render/ask-line.ts';

export const command: Command = {
  name: 'login',
  summary: 'Log in to a registry',
  args: {
    usage: '[SERVER]',
    max: 1,
    flags: [
      { name: 'username', short: 'u', type: 'string', value: 'NAME', summary: 'Name of the user' },
      { name: 'password', short: 'p', type: 'string', value: 'PASSWORD', summary: 'Password or token' },
      { name: 'password-stdin', type: 'boolean', summary: 'Read the password from standard input' },
    ],
  },
  async run(args, ctx) {
    const server = keyOfServer(args.positional[0] ?? 'docker.io');
    const given = await givenCredentials(args, ctx);
    const client = await ctx.engine();
    const logIn = (auth: RegistryAuth) =>
      client.system.auth({ ...auth, serveraddress: server } as AuthRequest);
    const nothingGiven = flag.str(args, 'username') === undefined && flag.str(args, 'password') === undefined;
    const kept = nothingGiven ? await stored(ctx, server) : undefined;
    if (kept !== undefined) {
      const name = kept.username === undefined ? '' : ` [Username: ${kept.username}]`;
      ctx.stderr.write(`Authenticating with existing credentials...${name}\n`);
      try {
        const { Status } = await logIn(kept);
        ctx.write(`${Status || 'Login Succeeded'}\n`);
        return 0;
      } catch (error) {
        if (statusOf(error) === undefined) throw error;
        ctx.stderr.write('Login did not succeed, error: ');
        ctx.stderr.write(`${(error as Error).message}\n`);
      }
    }
    const auth = given ?? (await askedCredentials(args, ctx, kept?.username));
    const { Status, IdentityToken } = await logIn(auth);
    const file = dockerConfigFile(ctx.env, ctx.env.HOME || homedir());
    const inFile = await keepCredentials(
      file,
      server,
      IdentityToken ? { username: auth.username, identitytoken: IdentityToken } : auth,
      ctx.env,
    );
    if (inFile)
      ctx.stderr.write(
        `\nWARNING! Your credentials are stored unencrypted in '${file}'.\nConfigure a credential helper (credsStore) to keep them elsewhere.\n\n`,
      );
    ctx.write(`${Status || 'Login Succeeded'}\n`);
    return 0;
  },
};

interface UserAndPassword {
  readonly username: string;
  readonly password: string;
}

/** Credentials that are complete on the command line; undefined when something has to be asked for. */
async function givenCredentials(args: ParsedArgs, ctx: CliContext): Promise<UserAndPassword | undefined> {
  const username = flag.str(args, 'username');
  const password = flag.str(args, 'password');
  const fromStdin = flag.bool(args, 'password-stdin');
  if (username === '') throw usage('username is empty');
  if (password === '') throw usage('password is empty');
  if (password !== undefined) {
    if (fromStdin) throw usage('--password and --password-stdin are mutually exclusive');
    ctx.stderr.write('WARNING! Using --password via the CLI is insecure. Use --password-stdin.\n');
  }
  if (fromStdin) {
    if (username === undefined) throw usage('the --password-stdin option requires --username to be set');
    const secret = await readSecret(ctx.stdin);
    if (secret === '') throw usage('password is empty');
    return { username, password: secret };
  }
  return username === undefined || password === undefined ? undefined : { username, password };
}

/** Credentials of an earlier login, when neither a user nor a password was given. */
async function stored(ctx: CliContext, server: string): Promise<RegistryAuth | undefined> {
  const finder = createCredentialFinder({ env: ctx.env, warn: ctx.warn });
  return (await finder.forServer(server)).auth;
}

async function askedCredentials(
  args: ParsedArgs,
  ctx: CliContext,
  usual: string | undefined,
): Promise<UserAndPassword> {
  if (ctx.stdin.isTTY !== true)
    throw new TcomposeError('CLI_USAGE', 'Cannot perform an interactive login from a non TTY device', {
      hint: 'Give the name with --username and the password with --password-stdin.',
    });
  const answered = (answer: string | undefined, what: string): string => {
    if (answer === undefined) throw new TcomposeError('CLI_INTERRUPTED', 'interrupted', { exitCode: 130 });
    if (answer === '') throw usage(`${what} is required`);
    return answer;
  };
  const offered = usual === undefined ? 'Username: ' : `Username (${usual}): `;
  const username =
    flag.str(args, 'username') ?? answered((await askLine(ctx, offered))?.trim() || usual, 'username');
  const password = flag.str(args, 'password') ?? answered(await askLine(ctx, 'Password: ', true), 'password');
  return { username, password };
}

/** All of standard input, without the final line feed. */
async function readSecret(input: AsyncIterable<Buffer | string>): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of input) parts.push(Buffer.from(part));
  return Buffer.concat(parts)
    .toString('utf8')
    .replace(/\r?\n$/, '');
}
