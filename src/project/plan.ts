import type { Hook } from '../compose/model/hooks.ts';
import type { EndpointSettings, NetworkCreateRequest } from '../engine/api/network.ts';
import type { VolumeCreateRequest } from '../engine/api/volume.ts';
import type { ResourceKind } from '../events.ts';
import type { ContainerSpec } from './create-body/index.ts';
import type { ObservedContainer } from './observed.ts';

/**
 * What a wait is for. `ready` is running and, where there is a health check, healthy; `done` is `ready` or ended with 0.
 */
export type WaitCondition = 'healthy' | 'completed' | 'ready' | 'done';

/**
 * One action of a plan. Containers are named by their final name; the executor knows which id has it at that moment.
 */
export type Operation =
  | { readonly kind: 'create-network'; readonly name: string; readonly body: NetworkCreateRequest }
  | { readonly kind: 'remove-network'; readonly name: string; readonly id: string }
  | { readonly kind: 'create-volume'; readonly name: string; readonly body: VolumeCreateRequest }
  | { readonly kind: 'remove-volume'; readonly name: string }
  | { readonly kind: 'remove-image'; readonly reference: string }
  | { readonly kind: 'pull-image'; readonly reference: string; readonly platform: string | undefined }
  | {
      readonly kind: 'create-container';
      readonly container: string;
      readonly service: string;
      /** Name at creation: a temporary one while the container it replaces still has the final name. */
      readonly as: string;
      readonly replaces: string | undefined;
      readonly spec: ContainerSpec;
    }
  | {
      readonly kind: 'start-container';
      readonly container: string;
      readonly service: string;
      readonly postStart: readonly Hook[];
    }
  | {
      readonly kind: 'stop-container';
      readonly container: string;
      readonly id: string;
      readonly service: string;
      /** Seconds; undefined: the container's own. */
      readonly timeout: number | undefined;
      readonly preStop: readonly Hook[];
    }
  | {
      readonly kind: 'remove-container';
      readonly container: string;
      readonly id: string;
      /** Its anonymous volumes, too. */
      readonly volumes: boolean;
      /** Volumes to remove with it that the engine does not know to be anonymous. */
      readonly inheritedVolumes: readonly string[];
      readonly force: boolean;
    }
  | { readonly kind: 'rename-container'; readonly id: string | undefined; readonly container: string }
  | {
      readonly kind: 'connect-network';
      readonly container: string;
      readonly id: string;
      readonly network: string;
      readonly settings: EndpointSettings;
    }
  | {
      readonly kind: 'disconnect-network';
      readonly container: string;
      readonly id: string;
      readonly network: string;
    }
  | {
      readonly kind: 'restart-container';
      readonly container: string;
      readonly id: string;
      readonly service: string;
      readonly timeout: number | undefined;
      readonly preStop: readonly Hook[];
      readonly postStart: readonly Hook[];
    }
  | {
      readonly kind: 'run-hooks';
      /** The container whose volumes and networks the hooks share. */
      readonly container: string;
      readonly service: string;
      /** Containers to run to their end, one after the other. */
      readonly hooks: readonly { readonly name: string; readonly spec: ContainerSpec }[];
    }
  | {
      readonly kind: 'kill-container';
      readonly container: string;
      readonly id: string;
      readonly signal: string;
    }
  | {
      readonly kind: 'pause-container' | 'unpause-container';
      readonly container: string;
      readonly id: string;
    }
  | {
      readonly kind: 'wait';
      readonly service: string;
      readonly containers: readonly string[];
      readonly condition: WaitCondition;
      /** `false`: a failure is a warning and the plan goes on. */
      readonly required: boolean;
      /** Services that wait for this, for messages. */
      readonly dependents: readonly string[];
    };

/** One step: it may begin when every step in `after` has ended well. */
export interface Step {
  /** Unique in its plan and readable: `create container shop-web-1`. */
  readonly id: string;
  readonly after: readonly string[];
  readonly resource: { readonly kind: ResourceKind; readonly name: string };
  readonly operation: Operation;
  /** Why, as a clause: `service web has no container number 1`. */
  readonly cause: string;
}

/** What is to be done, in an order in which every step comes after the ones it needs. */
export interface Plan {
  readonly steps: readonly Step[];
  readonly warnings: readonly string[];
  /** Containers that are as they should be. */
  readonly unchanged: readonly ObservedContainer[];
  /** Containers known by name before the first step, name → id. */
  readonly ids: ReadonlyMap<string, string>;
}

const VERBS: Record<Operation['kind'], string> = {
  'create-network': 'create network',
  'remove-network': 'remove network',
  'create-volume': 'create volume',
  'remove-volume': 'remove volume',
  'remove-image': 'remove image',
  'pull-image': 'pull image',
  'create-container': 'create container',
  'start-container': 'start container',
  'stop-container': 'stop container',
  'remove-container': 'remove container',
  'rename-container': 'rename container',
  'connect-network': 'connect container',
  'disconnect-network': 'disconnect container',
  'restart-container': 'restart container',
  'run-hooks': 'run pre_start hooks of',
  'kill-container': 'kill container',
  'pause-container': 'pause container',
  'unpause-container': 'unpause container',
  wait: 'wait for service',
};

/** The word after the verb: `create network` is about a network, `connect container` about a container. */
const resourceKind = (operation: Operation): ResourceKind =>
  operation.kind === 'wait' || operation.kind === 'run-hooks'
    ? 'service'
    : (VERBS[operation.kind].split(' ')[1] as ResourceKind);

/** Collects steps and keeps their ids unique; dependencies may be added to a step after it was made. */
export class PlanBuilder {
  readonly warnings: string[] = [];
  readonly unchanged: ObservedContainer[] = [];
  readonly ids = new Map<string, string>();
  readonly #steps = new Map<string, Step & { readonly after: string[] }>();

  /** Adds a step and gives its id. `undefined` among `after` is ignored; a step that exists gains the dependencies. */
  add(operation: Operation, cause: string, after: readonly (string | undefined)[] = []): string {
    const name = subject(operation);
    const id = `${VERBS[operation.kind]} ${name}${suffix(operation)}`;
    const needed = [...new Set(after.filter((one) => one !== undefined))];
    const existing = this.#steps.get(id);
    if (existing !== undefined) this.needs(id, needed);
    else
      this.#steps.set(id, {
        id,
        after: needed,
        resource: {
          kind: resourceKind(operation),
          name,
        },
        operation,
        cause,
      });
    return id;
  }

  /** The steps so far, in the order they were added. */
  steps(): readonly Step[] {
    return [...this.#steps.values()];
  }

  has(id: string): boolean {
    return this.#steps.has(id);
  }

  /** Makes a step wait for others as well. */
  needs(id: string, others: readonly (string | undefined)[]): void {
    const step = this.#steps.get(id);
    if (step === undefined) return;
    for (const other of others)
      if (other !== undefined && other !== id && !step.after.includes(other)) step.after.push(other);
  }

  /** The finished plan, steps sorted so that each comes after what it needs, otherwise as they were added. */
  build(): Plan {
    const done = new Set<string>();
    const steps: Step[] = [];
    const place = (step: Step) => {
      if (done.has(step.id)) return;
      done.add(step.id);
      for (const id of step.after) {
        const needed = this.#steps.get(id);
        if (needed !== undefined) place(needed);
      }
      steps.push({ ...step, after: step.after.filter((id) => this.#steps.has(id)) });
    };
    for (const step of this.#steps.values()) place(step);
    return { steps, warnings: this.warnings, unchanged: this.unchanged, ids: this.ids };
  }
}

function subject(operation: Operation): string {
  switch (operation.kind) {
    case 'create-network':
    case 'remove-network':
    case 'create-volume':
    case 'remove-volume':
      return operation.name;
    case 'remove-image':
    case 'pull-image':
      return operation.reference;
    case 'wait':
    case 'run-hooks':
      return operation.service;
    case 'create-container':
      return operation.as;
    default:
      return operation.container;
  }
}

function suffix(operation: Operation): string {
  if (operation.kind === 'wait') return ` ${operation.condition}${operation.required ? '' : ' (optional)'}`;
  if (operation.kind === 'connect-network') return ` to ${operation.network}`;
  if (operation.kind === 'disconnect-network') return ` from ${operation.network}`;
  return '';
}
