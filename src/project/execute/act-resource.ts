import { statusOf } from '../../engine/client/api-failure.ts';
import { TcomposeError } from '../../errors.ts';
import { splitReference } from '../../image/reference.ts';
import { type Act, during, type Progress } from './act.ts';
import { createNetworkOnce } from './create-once.ts';

/** Removes what others may still use: answers with one of `statuses` are a warning. */
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

const pullImage: Act<'pull-image'> = async ({ reference, platform }, { client }, progress) => {
  progress('Pulling', 'working');
  const { repo, tag } = splitReference(reference);
  for await (const line of client.images.pull(repo, { tag, ...(platform === undefined ? {} : { platform }) }))
    if (line.error !== undefined)
      throw new TcomposeError('PROJECT_IMAGE_MISSING', `image ${reference} cannot be pulled: ${line.error}`);
  progress('Pulled', 'done');
};

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
  | 'pull-image';

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
};
