import {
  decodeProxies,
  decodeRegistryAuth,
  proxiesHeader,
  registryAuthHeader,
  traceHeader,
} from '../api/registry-headers.ts';
import type { Exchange } from '../http/exchange.ts';
import type { RegistryRequest } from '../images/registries.ts';

/** Credentials and proxies from the headers of a request that concerns a registry. */
export function registryRequest(exchange: Exchange): RegistryRequest {
  return {
    credentials: decodeRegistryAuth(header(exchange, registryAuthHeader)),
    proxies: decodeProxies(header(exchange, proxiesHeader)),
    signal: exchange.signal,
    trace: header(exchange, traceHeader) !== undefined,
  };
}

function header({ headers }: Exchange, name: string): string | undefined {
  const value = headers[name.toLowerCase()];
  return Array.isArray(value) ? value[0] : value;
}
