import { enginePaths, settingsFile } from '../../engine/client/engine-paths.ts';
import { readRegistrySettings } from '../../engine/client/registry-settings-files.ts';
import { createRegistryClient } from '../../registry/client.ts';
import { proxiesOfEnvironment } from '../../registry/proxy/proxy-settings.ts';
import type { Registry } from '../../registry/registry.ts';
import { certificatePlaces } from '../../registry/settings/certificates.ts';
import { version } from '../../version.ts';
import type { CliContext } from '../context.ts';
import { createCredentialFinder } from '../credentials/find-credentials.ts';

/**
 * Opens registries for what the command itself downloads and uploads (not images: the engine handles those), with the
 * user's credentials and proxies, and the engine's settings. `close` ends its connections.
 */
export function registryConnection(
  ctx: Pick<CliContext, 'env' | 'warn'>,
  insecure: readonly string[],
): { open(domain: string): Promise<Registry>; close(): void } {
  const file = settingsFile(enginePaths(ctx.env));
  const settings = readRegistrySettings(file);
  const client = createRegistryClient({
    settings: () => ({ ...settings, insecure: [...settings.insecure, ...insecure] }),
    certificates: () => certificatePlaces(ctx.env, file),
    now: Date.now,
    userAgent: `tcompose/${version}`,
  });
  const finder = createCredentialFinder({ env: ctx.env, warn: ctx.warn });
  return {
    async open(domain) {
      const { auth, from } = await finder.forServer(domain);
      const { username, password, identitytoken, registrytoken } = auth ?? {};
      return client.open(domain, {
        credentials: {
          ...(username === undefined ? {} : { username }),
          ...(password === undefined ? {} : { password }),
          ...(identitytoken === undefined ? {} : { identityToken: identitytoken }),
          ...(registrytoken === undefined ? {} : { registryToken: registrytoken }),
          ...(from === undefined ? {} : { source: from }),
        },
        proxies: proxiesOfEnvironment(ctx.env),
        notice: (notice) => {
          if (notice.kind === 'mirror') ctx.warn(`mirror ${notice.host} is left out: ${notice.why}`);
        },
      });
    },
    close: () => client.close(),
  };
}
