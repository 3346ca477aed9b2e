import type { EngineClient } from '../../engine/client/engine-client.ts';
import type { ContainerWatch } from '../../project/execute/container-watch.ts';
import { observeContainers } from '../../project/observe.ts';
import type { ObservedContainer } from '../../project/observed.ts';

/** Changes of a container after which a list of them is out of date. */
const changing = /^(create|start|die|destroy|rename|pause|unpause|stop)$/;

/** The containers of a project's services, asked for again only when an event says that they changed. */
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

  /** Those of a service, whether they run or not; those of `run` are none of them. */
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

  /** What is known may be wrong: a container was not where it was thought to be. */
  forget(): void {
    this.#known = undefined;
  }

  close(): void {
    this.#off();
  }
}
