import { divergence, type Expectation, parentsOf } from '../divergence.ts';
import type { ObservedContainer } from '../observed.ts';
import type { UpContext } from './context.ts';
import type { Recreate } from './options.ts';

/** Why a container must be made anew, as a clause; undefined: it may stay. */
export function recreateCause(
  context: UpContext,
  container: ObservedContainer,
  want: Expectation,
  strategy: Recreate,
): string | undefined {
  if (strategy === 'never') return undefined;
  if (strategy === 'force') return 'recreation was asked for';
  const own = divergence(container, want);
  if (own !== undefined) return own;
  for (const parent of parentsOf(want.service)) {
    if (context.states.get(parent.service)?.recreated === true)
      return `it shares the ${parent.what} of service ${parent.service}, whose container is made anew`;
    const first = context.observed.containers.find((one) => one.service === parent.service && !one.oneoff);
    if (
      parent.what === 'network' &&
      first !== undefined &&
      container.networkMode.startsWith('container:') &&
      container.networkMode !== `container:${first.id}` &&
      container.networkMode !== `container:${first.name}`
    )
      return `it shares the network of a container that service ${parent.service} no longer has`;
  }
  return undefined;
}
