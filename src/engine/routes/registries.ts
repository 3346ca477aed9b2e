import { TcomposeError } from '../../errors.ts';
import { parseReference, withDefaultTag } from '../../image/reference.ts';
import { logIn } from '../../registry/auth/log-in.ts';
import { searchHub } from '../../registry/content/search-hub.ts';
import { hub } from '../../registry/settings/registry-settings.ts';
import { credentialsOf, type RegistryAuthBody } from '../api/registry-headers.ts';
import { registryAuthShape } from '../api/request-shapes.ts';
import type { Engine } from '../context.ts';
import { parseFilters, yesOrNo } from '../filters.ts';
import type { Exchange } from '../http/exchange.ts';
import { badParameter, failureOf } from '../http/failure.ts';
import type { Route } from '../http/router.ts';
import { describeRemote } from '../images/describe-remote.ts';
import { registryRequest } from './registry-request.ts';

const mostSearched = 100;

/** Routes that query registries without changing anything here. */
export function registryRoutes(engine: Engine): Route[] {
  const { registries } = engine;
  return [
    {
      method: 'POST',
      path: '/auth',
      body: registryAuthShape,
      handler: (exchange) => auth(engine, exchange),
    },
    {
      method: 'GET',
      path: '/distribution/{name*}/json',
      async handler(exchange) {
        const reference = withDefaultTag(parseReference(exchange.params.name!));
        exchange.send(200, await describeRemote(registries, reference, registryRequest(exchange)));
      },
    },
    {
      method: 'GET',
      path: '/images/search',
      query: { term: 'text', limit: 'integer', filters: 'filters' },
      async handler(exchange) {
        const term = exchange.query.get('term') ?? '';
        if (term === '') throw badParameter('a search term is needed');
        const limit = Number(exchange.query.get('limit') || 25);
        if (!Number.isInteger(limit) || limit < 1 || limit > mostSearched) {
          throw badParameter(
            `Limit ${exchange.query.get('limit')} is outside the range of [1, ${mostSearched}]`,
          );
        }
        const filters = parseFilters(exchange.query.get('filters'), ['is-official', 'is-automated', 'stars']);
        const official = yesOrNo(filters, 'is-official');
        const automated = yesOrNo(filters, 'is-automated');
        const stars = Math.max(0, ...(filters.get('stars') ?? []).map(Number));
        if (Number.isNaN(stars)) throw badParameter("invalid filter 'stars'");
        const { main } = registries.open(hub, registryRequest(exchange), () => undefined);
        const found = await searchHub(main, term, limit, exchange.signal);
        exchange.send(
          200,
          found.filter(
            (one) =>
              (official === undefined || one.is_official === official) &&
              (automated === undefined || one.is_automated === automated) &&
              one.star_count >= stars,
          ),
        );
      },
    },
  ];
}

async function auth({ registries }: Engine, exchange: Exchange): Promise<void> {
  const body = await exchange.json<RegistryAuthBody>();
  const request = { ...registryRequest(exchange), credentials: credentialsOf(body) };
  try {
    const { main } = registries.open(domainOf(body.serveraddress ?? ''), request, () => undefined);
    const identityToken = await logIn(main, exchange.signal);
    exchange.send(200, { IdentityToken: identityToken ?? '', Status: 'Login Succeeded' });
  } catch (error) {
    if (!(error instanceof TcomposeError) || error.code !== 'REGISTRY_DENIED') throw error;
    exchange.send(401, failureOf(error).body);
  }
}

/** The registry for the server address of a `docker login`: an address or a host; none means Docker Hub. */
export function domainOf(address: string): string {
  const host = address.replace(/^https?:\/\//, '').split('/')[0] ?? '';
  const hubs = ['', 'index.docker.io', 'docker.io', 'registry-1.docker.io'];
  return hubs.includes(host) ? hub : parseReference(`${host}/name`).domain;
}
