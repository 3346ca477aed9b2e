import type { Service } from '../../compose/model/service.ts';
import { TcomposeError } from '../../errors.ts';
import { parentsOf } from '../divergence.ts';
import { isUp, type ObservedContainer } from '../observed.ts';
import type { StepRef } from '../plan.ts';
import type { UpContext } from './context.ts';

/** `swap`: the new container starts beside the old one and takes its place. `recreate`: the old one is stopped first. */
export type RebuildWay = 'swap' | 'recreate';

/** The value of a service's `x-rebuild`; undefined: whichever is possible. @throws TcomposeError PROJECT_UNSUPPORTED */
export function rebuildWay(service: Service): RebuildWay | undefined {
  const value = service.extensions?.['x-rebuild'];
  if (value === undefined || value === 'swap' || value === 'recreate') return value;
  throw new TcomposeError(
    'PROJECT_UNSUPPORTED',
    `services.${service.name}.x-rebuild must be swap or recreate, not ${JSON.stringify(value)}`,
    { hint: 'Without it a rebuild swaps where two containers of the service can run side by side.' },
  );
}

/** Whether a container's successor can run beside it: not if both would need something that only one can have. */
export function canSwap(context: UpContext, service: Service, old: ObservedContainer): boolean {
  const way = rebuildWay(service);
  if (context.options.swap !== true || !context.options.start || way === 'recreate' || !isUp(old))
    return false;
  if ((service.pre_start ?? []).length > 0 || !samePorts(service, old)) return false;
  const alone =
    service.network_mode === 'host' ||
    service.mac_address !== undefined ||
    Object.values(service.networks ?? {}).some(
      (one) =>
        one?.ipv4_address !== undefined || one?.ipv6_address !== undefined || one?.mac_address !== undefined,
    );
  if (alone || parentsOf(service).length > 0 || isParent(context, service)) return false;
  // Two containers that write the same files may corrupt them, so the user has to allow this.
  return way === 'swap' || !old.mounts.some(({ Type, RW }) => Type !== 'tmpfs' && RW);
}

/** The step after which a container's successor has its names and ports. */
export const planSwap = (
  { plan }: UpContext,
  service: Service,
  names: { readonly name: string; readonly as: string; readonly old: ObservedContainer },
  after: readonly (StepRef | undefined)[],
): StepRef =>
  plan.add(
    {
      kind: 'start-beside',
      container: names.name,
      as: names.as,
      replaces: names.old.id,
      service: service.name,
      postStart: service.post_start ?? [],
    },
    'it must be ready before the old one stops',
    after,
  );

const isParent = ({ project }: UpContext, { name }: Service): boolean =>
  Object.values(project.services).some((other) => parentsOf(other).some(({ service }) => service === name));

/** Ports are passed on unchanged: whether the old container has the same ones. */
function samePorts(service: Service, old: ObservedContainer): boolean {
  const wanted = new Set(
    (service.ports ?? []).map(({ target, protocol = 'tcp' }) => `${target}/${protocol}`),
  );
  const held = new Set(
    old.summary.Ports.filter(({ PublicPort }) => PublicPort !== undefined).map(
      ({ PrivatePort, Type }) => `${PrivatePort}/${Type}`,
    ),
  );
  return wanted.size === held.size && [...wanted].every((port) => held.has(port));
}
