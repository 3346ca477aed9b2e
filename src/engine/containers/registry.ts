import { conflict, notFound } from '../http/failure.ts';
import { resolve } from '../ids.ts';
import { generateName } from '../names.ts';
import type { Container } from './container.ts';

interface NameReservation {
  readonly name: string;
  readonly release: () => void;
}

export interface ContainerRegistry {
  all(): readonly Container[];
  get(id: string): Container | undefined;
  /** By id, name or unique prefix; throws 404 or 400 with Docker's sentences. */
  need(reference: string): Container;
  find(reference: string): Container | undefined;
  /** Runs something in the container's queue; 404 if the container is gone when its turn comes. */
  inTurn<T>(container: Container, work: () => Promise<T>): Promise<T>;
  byName(name: string): Container | undefined;
  /**
   * Reserves a name, or one that it generates, for an id before anything of the container exists; throws 409. `release`
   * frees it unless the container has been added.
   */
  reserve(name: string | undefined, id: string): NameReservation;
  add(container: Container): void;
  remove(container: Container): void;
  /** Also on disk: throws 409, or the disk's error, and then nothing has changed. */
  rename(container: Container, name: string): void;
}

/** An empty registry. */
export function createContainerRegistry(): ContainerRegistry {
  const byId = new Map<string, Container>();
  const names = new Map<string, string>();
  const byName = (name: string): Container | undefined => {
    const id = names.get(name);
    return id === undefined ? undefined : byId.get(id);
  };
  const take = (name: string, id: string): void => {
    const owner = names.get(name);
    if (owner !== undefined && owner !== id) {
      throw conflict(
        `Conflict. The container name "/${name}" is already in use by container "${owner}". You have to remove (or rename) that container to be able to reuse that name.`,
      );
    }
    names.set(name, id);
  };
  return {
    all: () => [...byId.values()],
    inTurn: (container, work) =>
      container.serial.run(async () => {
        if (byId.get(container.id) !== container) throw notFound(`No such container: ${container.name}`);
        return work();
      }),
    get: (id) => byId.get(id),
    byName,
    find(reference) {
      const found = resolve(reference, byId, byName);
      return found.kind === 'found' ? found.value : undefined;
    },
    need(reference) {
      const found = resolve(reference, byId, byName);
      if (found.kind === 'found') return found.value;
      if (found.kind === 'ambiguous') {
        throw notFound(`multiple IDs found with provided prefix: ${reference}`);
      }
      throw notFound(`No such container: ${reference}`);
    },
    reserve(wanted, id) {
      const name = wanted ?? generateName((taken) => names.has(taken));
      take(name, id);
      return {
        name,
        release() {
          if (!byId.has(id) && names.get(name) === id) names.delete(name);
        },
      };
    },
    add(container) {
      byId.set(container.id, container);
      names.set(container.name, container.id);
    },
    remove(container) {
      byId.delete(container.id);
      if (names.get(container.name) === container.id) names.delete(container.name);
    },
    rename(container, name) {
      const before = container.name;
      take(name, container.id);
      try {
        container.change({ name });
      } catch (error) {
        if (name !== before) names.delete(name);
        throw error;
      }
      if (names.get(before) === container.id && before !== name) names.delete(before);
    },
  };
}
