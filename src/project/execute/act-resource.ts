import { statusOf } from '../../engine/client/api-failure.ts';
import { type Act, during, type Progress } from './act.ts';
import { pullImage, pushImage } from './act-image.ts';
import { createNetworkOnce } from './create-once.ts';

/** Removes something that others may still use: answers with one of `statuses` become a warning. */
async function removeUnlessUsed(
  progress: Progress,
  work: Promise<unknown>,
  ...statuses: readonly number[]
): Promise<void> {
  progress('Removing', 'working');
  try {
    await work;
    progress('Removed', 'done');
  } catch (error) {
    const status = statusOf(error);
    if (status === undefined || !statuses.includes(status)) throw error;
    progress('Resource is still in use', 'warning');
  }
}

const createNetwork: Act<'create-network'> = ({ body }, { client, emit }, progress) =>
  during(progress, ['Creating', 'Created'], async () => {
    const { warnings } = await createNetworkOnce(client, body);
    for (const message of warnings) emit({ type: 'warning', message });
  });

type ResourceKinds =
  | 'create-network'
  | 'remove-network'
  | 'create-volume'
  | 'remove-volume'
  | 'remove-image'
  | 'pull-image'
  | 'push-image';

/** Steps about networks, volumes and images. */
export const resourceActs: { readonly [K in ResourceKinds]: Act<K> } = {
  'create-network': createNetwork,
  'remove-network': ({ id }, { client }, progress) =>
    removeUnlessUsed(progress, client.networks.remove(id), 403, 409),
  'create-volume': ({ body }, { client }, progress) =>
    during(progress, ['Creating', 'Created'], () => client.volumes.create(body)),
  'remove-volume': ({ name }, { client }, progress) =>
    removeUnlessUsed(progress, client.volumes.remove(name), 409),
  'remove-image': ({ reference }, { client }, progress) =>
    removeUnlessUsed(progress, client.images.remove(reference), 404, 409),
  'pull-image': pullImage,
  'push-image': pushImage,
};
