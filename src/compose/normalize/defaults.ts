import { isList, isMap, ownMap, type Tree, type TreeMap } from '../tree.ts';

/**
 * Defaults of the Compose Specification that `config` prints, set in place on the merged canonical tree: build context,
 * target of a secret, mode and protocol of a port, number of devices, creation of a missing bind source. A build
 * secret's target is the id in the Dockerfile, and stays unset.
 */
export function applyDefaults(tree: TreeMap): TreeMap {
  for (const service of Object.values(ownMap(tree, 'services') ?? {})) {
    if (isMap(service)) defaultService(service);
  }
  return tree;
}

function defaultService(service: TreeMap): void {
  const { build } = service;
  if (isMap(build)) build.context ??= '.';
  eachMap(service.secrets, defaultSecret);
  eachMap(service.ports, (port) => {
    port.protocol ??= 'tcp';
    port.mode ??= 'ingress';
  });
  eachMap(service.volumes, (mount) => {
    if (isMap(mount.bind)) mount.bind.create_host_path ??= true;
  });
  eachMap(service.gpus, defaultDevices);
  const deploy = ownMap(service, 'deploy');
  const resources = deploy && ownMap(deploy, 'resources');
  const reservations = resources && ownMap(resources, 'reservations');
  eachMap(reservations?.devices, defaultDevices);
}

function defaultSecret(secret: TreeMap): void {
  if (secret.target === undefined) secret.target = `/run/secrets/${String(secret.source ?? '')}`;
}

function defaultDevices(request: TreeMap): void {
  if (request.count === undefined && request.device_ids === undefined) request.count = 'all';
}

function eachMap(list: Tree | undefined, change: (item: TreeMap) => void): void {
  if (!isList(list)) return;
  for (const item of list) if (isMap(item)) change(item);
}
