import { TcomposeError } from '../../errors.ts';
import type { CliContext } from '../context.ts';
import { parseRemote } from './remote-reference.ts';

/** Values that turn Docker Compose's switches off. */
const off = /^(?:0|f|false|no|off)$/i;

/**
 * Fetches compose files from registries and repositories for one command, each once. Its parts are loaded when they are
 * needed.
 * @returns the local path of the compose file
 */
export function remoteFiles(
  ctx: Pick<CliContext, 'env' | 'warn' | 'globals'>,
): (reference: string) => Promise<string> {
  const fetched = new Map<string, Promise<string>>();
  return (text) => {
    const path = fetched.get(text) ?? fetchRemote(ctx, text);
    fetched.set(text, path);
    return path;
  };
}

/** @throws TcomposeError COMPOSE_REMOTE */
async function fetchRemote(ctx: Pick<CliContext, 'env' | 'warn' | 'globals'>, text: string): Promise<string> {
  const { env } = ctx;
  const reference = parseRemote(text);
  if (reference === undefined)
    throw new TcomposeError(
      'COMPOSE_REMOTE',
      `${text}: compose files cannot be fetched from such an address`,
      {
        hint: 'Name a repository (https://host/repo.git#ref:directory) or an artifact (oci://registry/name), or fetch it yourself.',
      },
    );
  const { cacheRoot } = await import('./cache.ts');
  const root = cacheRoot(env);
  const refuse = (variable: string) => {
    if (off.test(env[variable] ?? ''))
      throw new TcomposeError('COMPOSE_REMOTE', `${text} is not fetched: ${variable} is ${env[variable]}`);
  };
  if (reference.kind === 'git') {
    refuse('COMPOSE_EXPERIMENTAL_GIT_REMOTE');
    const { fetchFromGit } = await import('./git-remote.ts');
    return fetchFromGit(text, reference, root, env);
  }
  refuse('COMPOSE_EXPERIMENTAL_OCI_REMOTE');
  const [{ fetchFromRegistry }, { registryConnection }] = await Promise.all([
    import('./oci-remote.ts'),
    import('./registry-connection.ts'),
  ]);
  const connection = registryConnection(ctx, ctx.globals.insecureRegistries);
  try {
    return await fetchFromRegistry(
      reference.image,
      root,
      (domain) => connection.open(domain),
      new AbortController().signal,
    );
  } finally {
    connection.close();
  }
}
