import type { Hook } from '../compose/model/hooks.ts';
import type { EndpointSettings, NetworkCreateRequest } from '../engine/api/network.ts';
import type { VolumeCreateRequest } from '../engine/api/volume.ts';
import type { ResourceKind } from '../events.ts';
import type { ContainerSpec } from './create-body/index.ts';
import type { ObservedContainer } from './observed.ts';

/** The purpose of a wait. `ready` is running and, if there is a health check, healthy; `done` is `ready` or ended with 0. */
export type WaitCondition = 'healthy' | 'completed' | 'ready' | 'done';

declare const step: unique symbol;

/** Refers to a step of one plan. Only a PlanBuilder makes one: its text is for messages, and must not be composed elsewhere. */
export type StepRef = string & { readonly [step]: true };

/** What to do when a pull fails. */
export type PullFailure = 'error' | 'warning' | 'build';

/** One action of a plan. Containers are named by their final name; the executor knows the id at that moment. */
export type Operation =
  | { readonly kind: 'create-network'; readonly name: string; readonly body: NetworkCreateRequest }
  | { readonly kind: 'remove-network'; readonly name: string; readonly id: string }
  | { readonly kind: 'create-volume'; readonly name: string; readonly body: VolumeCreateRequest }
  | { readonly kind: 'remove-volume'; readonly name: string }
  | { readonly kind: 'remove-image'; readonly reference: string }
  | {
      readonly kind: 'pull-image';
      readonly reference: string;
      readonly platform: string | undefined;
      /** The first service that needs it. */
      readonly service: string;
      /** It can also be built. */
      readonly buildable: boolean;
      /** Show only the end. */
      readonly quiet: boolean;
      /** After a failure the other pulls continue; at the end it fails the plan, is a warning, or the image is built. */
      readonly failureIs: PullFailure;
      /** A similar local name, for the message of a failure. */
      readonly near: string | undefined;
      /** The requested and the local platform, if only the platform differs. */
      readonly elsewhere?: string;
    }
  | {
      readonly kind: 'push-image';
      readonly reference: string;
      readonly service: string;
      readonly quiet: boolean;
      readonly failureIs: 'error' | 'warning';
    }
  | {
      readonly kind: 'create-container';
      readonly container: string;
      readonly service: string;
      /** Name at creation: a temporary one while the container that it replaces has the final name. */
      readonly as: string;
      readonly replaces: string | undefined;
      readonly spec: ContainerSpec;
    }
  | {
      readonly kind: 'start-container';
      readonly container: string;
      readonly service: string;
      /** This plan has created it: none of its output has been shown yet. */
      readonly isNew: boolean;
      readonly postStart: readonly Hook[];
    }
  /**
   * Starts a container beside the one that it replaces, waits until it is ready, and gives it that one's names and
   * ports. On failure the new container is removed, and everything is as before.
   */
  | {
      readonly kind: 'start-beside';
      readonly container: string;
      /** Its name until then. */
      readonly as: string;
      /** Id of the one that it replaces. */
      readonly replaces: string;
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
      /** Remove its anonymous volumes, too. */
      readonly volumes: boolean;
      /** Volumes to remove with it that are anonymous without the engine's knowledge. */
      readonly inheritedVolumes: readonly string[];
      readonly force: boolean;
    }
  /** `from` is its name until then. */
  | { readonly kind: 'rename-container'; readonly from: string; readonly container: string }
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
      /** `false`: a failure is a warning and the plan continues. */
      readonly required: boolean;
      /** Services that wait for this, for messages. */
      readonly dependents: readonly string[];
    };

/** One step: it may begin when every step in `after` has succeeded. */
export interface Step {
  /** Unique in its plan and readable: `create container shop-web-1`. */
  readonly id: StepRef;
  readonly after: readonly StepRef[];
  readonly resource: { readonly kind: ResourceKind; readonly name: string };
  readonly operation: Operation;
  /** Why, as a clause: `service web has no container number 1`. */
  readonly cause: string;
}

/** What to do, in an order in which every step comes after those that it needs. */
export interface Plan {
  readonly steps: readonly Step[];
  readonly warnings: readonly string[];
  /** Containers that are up to date, with Docker Compose's word for that. */
  readonly unchanged: readonly { readonly container: ObservedContainer; readonly status: string }[];
  /** What the command was asked about but ignores, and why. */
  readonly skipped?: readonly {
    readonly kind: ResourceKind;
    readonly name: string;
    readonly reason: string;
  }[];
  /** Containers known by name before the first step, name → id. */
  readonly ids: ReadonlyMap<string, string>;
}
