import { credentialsOf, type RegistryAuthBody } from '../../api/registry-headers.ts';
import type { BuildClient } from '../build-client.ts';
import { nobody } from '../build-client.ts';

/** The keys that Docker's clients use for Docker Hub. */
const hub = ['https://index.docker.io/v1/', 'index.docker.io', 'docker.io'];

/**
 * A client that sends `X-Registry-Config`: credentials of several registries as base64url of JSON, by the registry's
 * host or URL. An unreadable value counts as none, as in dockerd.
 */
export function clientOfHeader(header: string | undefined): BuildClient {
  const table = decode(header);
  return {
    ...nobody,
    async registry(image) {
      const host = image.split('/')[0]!;
      const keys = host === 'docker.io' ? hub : [host, `https://${host}`, `https://${host}/v1/`];
      const body = keys.map((key) => table[key]).find((one) => one !== undefined);
      return { credentials: body === undefined ? {} : credentialsOf(body), proxies: undefined };
    },
  };
}

function decode(header: string | undefined): Readonly<Record<string, RegistryAuthBody | undefined>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(header ?? '', 'base64url').toString('utf8'));
    if (typeof value !== 'object' || value === null) return {};
    const objects = Object.entries(value).filter(([, one]) => typeof one === 'object' && one !== null);
    return Object.fromEntries(objects) as Readonly<Record<string, RegistryAuthBody>>;
  } catch {
    return {};
  }
}
