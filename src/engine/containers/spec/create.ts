import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ContainerCreateRequest, ContainerCreateResponse } from '../../api/container.ts';
import type { HostConfig } from '../../api/host-config.ts';
import type { Engine } from '../../context.ts';
import { badParameter, findingAll } from '../../http/failure.ts';
import { newId, shortId } from '../../ids.ts';
import { namePattern } from '../../names.ts';
import { writeJsonInPlace } from '../../store/json-file.ts';
import { rfc3339 } from '../../time-text.ts';
import { Container } from '../container.ts';
import { emitContainer, emitVolume } from '../events.ts';
import { checkBindSource } from '../host/bind-source.ts';
import { mountableImage } from '../host/image-mounts.ts';
import { fillVolumes } from '../host/volume-copy.ts';
import { volumeUsers } from '../lifecycle/remove.ts';
import type { ContainerRecord, StoredMount } from '../record.ts';
import { firstState } from '../spare-parts.ts';
import { networkMode, planAttachments } from './attachments.ts';
import { draftContainer } from './draft.ts';
import { checkForeignMounts } from './foreign-mounts.ts';
import { collectMounts, type MountSpec } from './mount-spec.ts';

/**
 * Creates a container: checks everything that can be checked before a start, and makes its volumes and directory. Its
 * state.json is written last; a directory without one is an interrupted create, which the next engine removes when it
 * starts. Errors: 400, 404 (only for the image), 409 (name).
 */
export async function createContainer(
  engine: Engine,
  request: ContainerCreateRequest,
  options: { readonly name?: string | undefined; readonly platform?: string | undefined },
): Promise<ContainerCreateResponse> {
  const draft = draftContainer(engine, request, options.platform);
  const { image, config: merged, command, runtime, warnings } = draft;
  const name = options.name?.replace(/^\//, '') || undefined;
  if (name !== undefined && !namePattern.test(name)) {
    throw badParameter(`Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`);
  }
  const host = findingAll(() => withIds(engine, draft.host));
  const attachments = findingAll(() =>
    planAttachments(host, request.NetworkingConfig, request.MacAddress, (one) => engine.networks.need(one)),
  );
  const mode = networkMode(host.NetworkMode);
  for (const link of host.Links ?? []) {
    const [reference = ''] = link.split(':');
    if (engine.containers.find(reference) === undefined) {
      throw badParameter(`could not get container for ${reference}: No such container: ${reference}`);
    }
  }
  const specs = findingAll(() => collectMounts(merged, host, inheritedMounts(engine, host)));
  if (runtime !== undefined) checkForeignMounts(runtime, specs);

  const id = newId();
  const reservation = engine.containers.reserve(name, id);
  const directory = join(engine.layout.containers, id);
  const made: string[] = [];
  let holds: (() => void)[] = [];
  try {
    const spare = engine.spares.containers.take(directory);
    if (!spare) makeContainerDirectory(directory);
    engine.fault('create:directory');
    for (const spec of specs) if (spec.type === 'bind') checkBindSource(spec, engine.layout.socket);
    const mounts = specs.map((spec) => storeMount(engine, spec, id, made));
    holds = holdVolumes(engine, mounts);
    const record: ContainerRecord = {
      version: 1,
      id,
      created: rfc3339(engine.clock.now()),
      imageId: image.id,
      config: {
        ...merged,
        Hostname: merged.Hostname || (mode.kind === 'networks' || mode.kind === 'none' ? shortId(id) : ''),
      },
      command,
      hostConfig: host,
      platform: options.platform || `linux`,
      mounts,
      first: { name: reservation.name, attachments },
    };
    await fillVolumes(engine, { directory }, record, image, 'create');
    // The record counts as complete once state.json exists.
    writeJsonInPlace(join(directory, 'config.json'), record);
    engine.fault('create:config');
    const container = new Container(engine.layout, record, {
      version: 1,
      name: reservation.name,
      state: { status: 'created' },
      attachments,
      ports: [],
      restartCount: 0,
      lastDelay: 0,
      stoppedByUser: false,
    });
    if (spare) container.saveFirst(firstState);
    else container.save();
    engine.fault('create:state');
    engine.containers.add(container);
    emitContainer(engine, container, 'create');
    return { Id: id, Warnings: warnings };
  } catch (error) {
    reservation.release();
    for (const release of holds) release();
    for (const volume of made) {
      // Another create may be using it by now.
      if (volumeUsers(engine, volume).length > 0 || engine.volumes.isHeld(volume)) continue;
      await engine.volumes.remove(volume);
      emitVolume(engine, volume, 'destroy');
    }
    await rm(directory, { recursive: true, force: true });
    throw error;
  } finally {
    for (const release of holds) release();
  }
}

/** Until the container is known as their user, nobody may remove its volumes. */
const holdVolumes = (engine: Engine, mounts: readonly StoredMount[]): (() => void)[] =>
  mounts.flatMap(({ volume }) => (volume === undefined ? [] : [engine.volumes.hold(volume)]));

function makeContainerDirectory(path: string): void {
  mkdirSync(path, { mode: 0o700 });
  for (const part of ['upper', 'work']) mkdirSync(join(path, part), { mode: 0o755 });
}

/**
 * Replaces the names of containers whose namespaces are shared by their ids: a name may belong to another one by the
 * time of the start.
 */
function withIds(engine: Pick<Engine, 'containers'>, host: HostConfig): HostConfig {
  const shared = (mode: string | undefined): string | undefined =>
    mode?.startsWith('container:')
      ? `container:${engine.containers.need(mode.slice('container:'.length)).id}`
      : mode;
  const given = {
    NetworkMode: shared(host.NetworkMode),
    IpcMode: shared(host.IpcMode),
    PidMode: shared(host.PidMode),
  };
  return {
    ...host,
    ...(Object.fromEntries(
      Object.entries(given).filter(([, mode]) => mode !== undefined),
    ) as Partial<HostConfig>),
  };
}

function inheritedMounts(engine: Engine, host: HostConfig): StoredMount[] {
  return (host.VolumesFrom ?? []).flatMap((entry) => {
    const [reference = '', mode = ''] = entry.split(':');
    const other = engine.containers.need(reference);
    if (mode !== '' && mode !== 'ro' && mode !== 'rw')
      throw badParameter(`invalid mode for volumes-from: ${mode}`);
    return other.record.mounts
      .filter((mount) => mount.type !== 'tmpfs')
      .map((mount) => (mode === 'ro' ? { ...mount, readOnly: true } : mount));
  });
}

function storeMount(engine: Engine, spec: MountSpec, containerId: string, made: string[]): StoredMount {
  if (spec.type === 'image') return { ...spec, imageId: mountableImage(engine, spec).id };
  if (spec.type !== 'volume') return spec;
  const { name, driver, driverOptions, labels, ...rest } = spec;
  const { record, isNew } = engine.volumes.create(
    {
      ...(name === undefined ? {} : { Name: name }),
      ...(driver === '' ? {} : { Driver: driver }),
      ...(Object.keys(driverOptions).length === 0 ? {} : { DriverOpts: driverOptions }),
      Labels: labels,
    },
    name === undefined ? containerId : undefined,
  );
  if (isNew) {
    made.push(record.name);
    emitVolume(engine, record.name, 'create');
  }
  return { ...rest, volume: record.name, ...(name === undefined ? { anonymous: true } : {}) };
}
