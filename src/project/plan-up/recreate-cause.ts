import { divergence, type Expectation, parentsOf, type SharedParent, sharedWords } from '../divergence.ts';
import { labels } from '../labels.ts';
import { firstContainer, type ObservedContainer } from '../observed.ts';
import type { UpContext } from './context.ts';
import type { Recreate } from './options.ts';

/** Why a container must be recreated, as a clause; undefined if it may stay. */
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
    const what = sharedWords[parent.what];
    if (context.states.get(parent.service)?.recreated === true)
      return `it shares the ${what} of service ${parent.service}, whose container is recreated`;
    if (!sharesWith(container, parent, firstContainer(context.observed, parent.service)))
      return `it shares the ${what} of a container that service ${parent.service} no longer has`;
  }
  return undefined;
}

/** Whether the container shares namespaces or volumes with a service's present container; true if nobody recorded it. */
function sharesWith(
  container: ObservedContainer,
  { what }: SharedParent,
  parent: ObservedContainer | undefined,
): boolean {
  if (parent === undefined) return true;
  const recorded = (container.labels[labels.sharedWith] ?? '')
    .split(',')
    .filter((entry) => entry.startsWith(`${what}=`))
    .map((entry) => entry.slice(what.length + 1));
  if (recorded.length > 0) return recorded.includes(parent.id);
  if (what !== 'network' || !container.networkMode.startsWith('container:')) return true;
  const reference = container.networkMode.slice('container:'.length);
  return reference === parent.id || reference === parent.name;
}
