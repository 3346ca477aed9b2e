import type { EngineClient } from '../../engine/client/engine-client.ts';
import type { ContainerWatch } from '../../project/execute/container-watch.ts';
import { observeContainers } from '../../project/observe.ts';
import type { ObservedContainer } from '../../project/observed.ts';

/** Events after which a list of containers is out of date. */
const changing = /^(create|start|die|destroy|rename|pause|unpause|stop)$/;

/** The containers of a project's services, requested again only when an event says that they have changed. */
export class ServiceContainers {
  readonly #client: EngineClient;
  readonly #project: string;
  readonly #off: () => void;
  #known: Promise<readonly ObservedContainer[]> | undefined;

  constructor(client: EngineClient, project: string, events: ContainerWatch) {
    this.#client = client;
    this.#project = project;
    this.#off = events.onEvent(({ Action }) => {
      if (changing.test(Action)) this.#known = undefined;
    });
  }

  /** The containers of a service, running or not, without those of `run`. */
  async of(service: string): Promise<readonly ObservedContainer[]> {
    return (await this.all()).filter((one) => one.service === service);
  }

  async all(): Promise<readonly ObservedContainer[]> {
    this.#known ??= observeContainers(this.#client, this.#project);
    const known = this.#known;
    try {
      return (await known).filter(({ oneoff }) => !oneoff);
    } catch (error) {
      if (this.#known === known) this.#known = undefined;
      throw error;
    }
  }

  /** The list may be wrong: a container was not in the expected state. */
  forget(): void {
    this.#known = undefined;
  }

  close(): void {
    this.#off();
  }
}
