import { createHash } from 'node:crypto';
import type { Project } from '../../../src/compose/model/project.ts';
import type { ContainerSummary } from '../../../src/engine/api/container.ts';
import type { NetworkInspect } from '../../../src/engine/api/network.ts';
import type { VolumeInspect } from '../../../src/engine/api/volume.ts';
import type { ContainerSpec } from '../../../src/project/create-body/index.ts';
import { sharedWithLabel } from '../../../src/project/create-body/shared-with.ts';
import { labels } from '../../../src/project/labels.ts';
import { byServiceAndNumber, type Observed, observedContainer } from '../../../src/project/observed.ts';
import type { Plan, Step } from '../../../src/project/plan.ts';

interface Box {
  id: string;
  name: string;
  spec: ContainerSpec;
  state: ContainerSummary['State'];
  exitCode: number;
  networks: Map<string, string>;
  volumes: { name: string; target: string }[];
}

/**
 * An engine in memory that carries plans out, as far as the next plan can see: enough to say what a second `up` would do.
 * Every image the project names exists. Ids are made from names, so that plans come out the same each time.
 */
export class World {
  readonly containers: Box[] = [];
  readonly networks = new Map<string, { id: string; labels: Record<string, string> }>();
  readonly volumes = new Map<string, Record<string, string>>();
  readonly images = new Map<string, string>();
  /** Path → hash of files that are copied into containers. */
  readonly files = new Map<string, string>();
  /** Services whose containers end with 0 as soon as they are started. */
  readonly oneShots = new Set<string>();
  #count = 0;

  addImages(project: Project): void {
    for (const service of Object.values(project.services))
      if (service.image !== undefined && !this.images.has(familiar(service.image)))
        this.images.set(familiar(service.image), `sha256:${digest(`image ${service.image}`)}`);
  }

  /** Carries a plan out; a step whose needs have not ended is a mistake of the plan. */
  apply(plan: Plan): void {
    const done = new Set<string>();
    for (const step of plan.steps) {
      for (const id of step.after) if (!done.has(id)) throw new Error(`${step.id} comes before ${id}`);
      this.#perform(step);
      done.add(step.id);
    }
  }

  /**
   * Carries a plan out in the worst order its needs allow: what takes something comes as early, what gives something up
   * as late as it may. A need that the plan forgot shows as a conflict.
   */
  applyGreedily(plan: Plan): void {
    const left = new Set(plan.steps);
    const done = new Set<string>();
    while (left.size > 0) {
      const ready = [...left].filter((step) => step.after.every((id) => done.has(id)));
      const step =
        ready.find(({ operation }) => operation.kind === 'start-container') ??
        ready.find(({ operation }) => !/^(stop|remove)-container$/.test(operation.kind)) ??
        ready.find(({ operation }) => operation.kind === 'stop-container') ??
        ready[0];
      if (step === undefined)
        throw new Error(`nothing can go on: ${[...left].map(({ id }) => id).join(', ')} wait for each other`);
      this.#perform(step);
      left.delete(step);
      done.add(step.id);
    }
  }

  box(name: string): Box {
    const found = this.containers.find((one) => one.name === name);
    if (found === undefined)
      throw new Error(`no container ${name}; there are ${this.containers.map((one) => one.name).join(', ')}`);
    return found;
  }

  observe(): Observed {
    return {
      containers: this.containers.map((box) => observedContainer(summaryOf(box))).sort(byServiceAndNumber),
      networks: [...this.networks].map(
        ([Name, { id, labels }]) =>
          ({ Name, Id: id, Labels: labels, Containers: {} }) as unknown as NetworkInspect,
      ),
      volumes: [...this.volumes].map(([Name, Labels]) => ({ Name, Labels }) as unknown as VolumeInspect),
      images: this.images,
      fileHashes: this.files,
    };
  }

  #id(what: string): string {
    this.#count += 1;
    return digest(`${what} ${this.#count}`);
  }

  #perform({ operation }: Step): void {
    switch (operation.kind) {
      case 'create-network':
        if (this.networks.has(operation.name)) throw new Error(`network ${operation.name} exists`);
        this.networks.set(operation.name, { id: this.#id('network'), labels: { ...operation.body.Labels } });
        return;
      case 'remove-network': {
        const { id } = this.networks.get(operation.name)!;
        const user = this.containers.find((box) => [...box.networks.values()].includes(id));
        if (user !== undefined) throw new Error(`network ${operation.name} is used by ${user.name}`);
        this.networks.delete(operation.name);
        return;
      }
      case 'create-volume':
        this.volumes.set(operation.name, { ...operation.body.Labels });
        return;
      case 'remove-volume': {
        const user = this.containers.find((box) =>
          box.volumes.some((volume) => volume.name === operation.name),
        );
        if (user !== undefined) throw new Error(`volume ${operation.name} is used by ${user.name}`);
        this.volumes.delete(operation.name);
        return;
      }
      case 'create-container':
        this.#create(operation.as, operation.spec);
        return;
      case 'rename-container': {
        if (this.containers.some((box) => box.name === operation.container))
          throw new Error(`the name ${operation.container} is taken`);
        this.box(operation.from).name = operation.container;
        return;
      }
      case 'start-container': {
        const box = this.box(operation.container);
        for (const other of this.containers)
          if (other !== box && other.state === 'running')
            for (const port of publishedPorts(other.spec))
              if (publishedPorts(box.spec).includes(port))
                throw new Error(`${box.name} cannot start: ${other.name} has port ${port}`);
        box.state = this.oneShots.has(operation.service) ? 'exited' : 'running';
        box.exitCode = 0;
        return;
      }
      case 'start-beside':
        if (this.#byId(operation.replaces).state !== 'running')
          throw new Error(`${operation.as} takes the place of one that does not run`);
        this.box(operation.as).state = 'running';
        return;
      case 'stop-container': {
        const box = this.#byId(operation.id);
        box.state = 'exited';
        box.exitCode = 143;
        return;
      }
      case 'remove-container':
        this.containers.splice(this.containers.indexOf(this.#byId(operation.id)), 1);
        return;
      case 'connect-network':
        this.#byId(operation.id).networks.set(operation.network, this.networks.get(operation.network)!.id);
        return;
      case 'disconnect-network':
        this.#byId(operation.id).networks.delete(operation.network);
        return;
      case 'unpause-container':
        this.#byId(operation.id).state = 'running';
        return;
      case 'pause-container':
        this.#byId(operation.id).state = 'paused';
        return;
      case 'kill-container': {
        const box = this.#byId(operation.id);
        box.state = 'exited';
        box.exitCode = 137;
        return;
      }
      case 'restart-container':
        this.#byId(operation.id).state = 'running';
        return;
      case 'run-hooks':
        if (this.box(operation.container).state === 'running') throw new Error('hooks come before the start');
        return;
      case 'wait':
        for (const name of operation.containers) this.box(name);
        return;
      case 'remove-image':
        this.images.delete(operation.reference);
        return;
      case 'pull-image':
        this.images.set(familiar(operation.reference), `sha256:${this.#id('image')}`);
    }
  }

  /** As the executor does: names in modes become ids, and a label keeps them. */
  #withSharedLabel(spec: ContainerSpec): ContainerSpec {
    const host = spec.body.HostConfig ?? {};
    const idOf = (reference: string) => this.box(reference).id;
    const mode = (text: string | undefined) =>
      text?.startsWith('container:') ? `container:${idOf(text.slice('container:'.length))}` : text;
    const [NetworkMode, IpcMode, PidMode] = [host.NetworkMode, host.IpcMode, host.PidMode].map(mode);
    const shared = sharedWithLabel({
      ...(NetworkMode === undefined ? {} : { NetworkMode }),
      ...(IpcMode === undefined ? {} : { IpcMode }),
      ...(PidMode === undefined ? {} : { PidMode }),
      VolumesFrom: (host.VolumesFrom ?? []).map((entry) => idOf(entry.split(':')[0]!)),
    });
    if (shared === '') return spec;
    return {
      ...spec,
      body: { ...spec.body, Labels: { ...spec.body.Labels, [labels.sharedWith]: shared } },
    };
  }

  #byId(id: string): Box {
    const found = this.containers.find((box) => box.id === id);
    if (found === undefined) throw new Error(`no container with id ${id}`);
    return found;
  }

  #create(name: string, spec: ContainerSpec): void {
    if (this.containers.some((box) => box.name === name)) throw new Error(`the name ${name} is taken`);
    const networks = new Map<string, string>();
    for (const part of spec.endpoints) {
      const network = this.networks.get(part.network);
      if (network === undefined) throw new Error(`network ${part.network} does not exist`);
      networks.set(part.network, network.id);
    }
    const mounts = (spec.body.HostConfig?.Mounts ?? []).filter((mount) => mount.Type === 'volume');
    const volumes = mounts.map((mount) => ({
      name: mount.Source ?? this.#id('anonymous volume'),
      target: mount.Target,
    }));
    for (const volume of volumes)
      if (!this.volumes.has(volume.name)) {
        if (!/^[0-9a-f]{64}$/.test(volume.name)) throw new Error(`volume ${volume.name} does not exist`);
        this.volumes.set(volume.name, {});
      }
    this.containers.push({
      id: this.#id(name),
      name,
      spec: this.#withSharedLabel(spec),
      state: 'created',
      exitCode: 0,
      networks,
      volumes,
    });
  }
}

const digest = (text: string) => createHash('sha256').update(text).digest('hex');
const familiar = (reference: string) => (/:[^/]+$/.test(reference) ? reference : `${reference}:latest`);

/** `8080/tcp` for each fixed host port of a container. */
const publishedPorts = (spec: ContainerSpec): readonly string[] =>
  Object.entries(spec.body.HostConfig?.PortBindings ?? {}).flatMap(([key, bindings]) =>
    (bindings ?? []).map(({ HostPort }) => `${HostPort}/${key.split('/')[1]}`),
  );

function summaryOf(box: Box): ContainerSummary {
  const { body } = box.spec;
  const hasHealth = body.Healthcheck !== undefined && body.Healthcheck?.Test?.[0] !== 'NONE';
  const status = {
    running: `Up 2 minutes${hasHealth ? ' (healthy)' : ''}`,
    exited: `Exited (${box.exitCode}) 2 minutes ago`,
    paused: 'Up 2 minutes (Paused)',
  };
  return {
    Id: box.id,
    Names: [`/${box.name}`],
    Image: body.Image,
    ImageID: `sha256:${digest(`image ${body.Image}`)}`,
    Command: (body.Cmd ?? []).join(' '),
    Created: 0,
    Ports:
      box.state === 'running'
        ? publishedPorts(box.spec).map((port) => ({
            PrivatePort: 80,
            PublicPort: Number.parseInt(port, 10),
            Type: port.split('/')[1] as 'tcp' | 'udp',
          }))
        : [],
    Labels: body.Labels ?? {},
    State: box.state,
    Status: status[box.state as keyof typeof status] ?? '',
    HostConfig: { NetworkMode: body.HostConfig?.NetworkMode ?? '' },
    NetworkSettings: {
      Networks: Object.fromEntries([...box.networks].map(([name, NetworkID]) => [name, { NetworkID }])),
    },
    Mounts: box.volumes.map((volume) => ({
      Type: 'volume' as const,
      Name: volume.name,
      Source: `/volumes/${volume.name}`,
      Destination: volume.target,
      Mode: '',
      RW: true,
      Propagation: '',
    })),
  };
}
