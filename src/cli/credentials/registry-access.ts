import { engineCodeOf } from '../../engine/client/api-failure.ts';
import type { EngineClient } from '../../engine/client/engine-client.ts';
import type { RegistryAccess } from '../../project/execute/act.ts';
import type { CliContext, Env } from '../context.ts';
import { isOwnEngine } from '../is-own-engine.ts';
import { expiredSince, registryAuthHeader } from './docker-config.ts';
import { createCredentialFinder, type Found } from './find-credentials.ts';
import { registryOfImage } from './server-key.ts';

/** Credentials come from the user's files and helpers; the engine runs no helper and reads none of the user's files. */
export function registryAccess(
  ctx: Pick<CliContext, 'env' | 'warn' | 'globals'>,
  client: EngineClient,
): RegistryAccess {
  const finder = createCredentialFinder({ env: ctx.env, warn: ctx.warn });
  const own = isOwnEngine(client);
  return {
    async headersFor(image) {
      const { auth, from } = await finder.forImage(image);
      const source = own && from !== undefined ? { source: from } : {};
      return {
        ...(auth === undefined ? {} : { 'X-Registry-Auth': registryAuthHeader({ ...auth, ...source }) }),
        ...(own ? { 'X-Tcompose-Proxies': registryAuthHeader(proxiesOf(ctx.env)) } : {}),
        ...(own && ctx.globals.verbose ? { 'X-Tcompose-Trace': '1' } : {}),
      };
    },
    async explain(image, refusal) {
      const kind = refusalKind(refusal);
      if (kind === 'other') return undefined;
      const found = await finder.forImage(image);
      // Registries report a private repository to anonymous users as missing.
      if (kind === 'absent' && found.trouble === undefined) return undefined;
      return explanation(found, registryOfImage(image), Date.now() / 1000);
    },
  };
}

/** What an engine's error says about the credentials. Other engines than ours only give a message. */
function refusalKind(error: unknown): 'denied' | 'absent' | 'other' {
  if (!(error instanceof Error)) return 'other';
  const code = engineCodeOf(error.cause);
  if (code !== undefined)
    return code === 'REGISTRY_DENIED' ? 'denied' : code === 'REGISTRY_NOT_FOUND' ? 'absent' : 'other';
  return dockerRefusal.test(error.message) ? 'denied' : 'other';
}

const dockerRefusal = /denied|unauthori[sz]ed|authentication required|no basic auth credentials|\b40[13]\b/i;

/** The proxies of this command's environment, by the names in Docker's config.json. */
export function proxiesOf(env: Env): Readonly<Record<string, string>> {
  const names = {
    httpProxy: 'HTTP_PROXY',
    httpsProxy: 'HTTPS_PROXY',
    allProxy: 'ALL_PROXY',
    noProxy: 'NO_PROXY',
  };
  return Object.fromEntries(
    Object.entries(names).flatMap(([key, name]) => {
      const value = env[name] || env[name.toLowerCase()];
      return value ? [[key, value]] : [];
    }),
  );
}

/** Pure. `nowSeconds` is Unix time. */
export function explanation({ auth, from, trouble }: Found, registry: string, nowSeconds: number): string {
  const server = registry === 'docker.io' ? '' : ` ${registry}`;
  if (auth === undefined)
    return trouble === undefined
      ? `No credentials for ${registry} were found. If the image is private, log in first: tcompose login${server}`
      : `It was asked without credentials: ${trouble}.`;
  const who = auth.username === undefined ? 'a token' : `those of user ${auth.username}`;
  const token = auth.identitytoken ?? auth.registrytoken ?? auth.password ?? '';
  const since = expiredSince(token, nowSeconds);
  const expired =
    since === undefined ? '' : `, and expired at ${new Date(since * 1000).toISOString().replace('.000', '')}`;
  return `The credentials were ${who} from ${from}${expired}. New ones: tcompose login${server}`;
}
