import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { TcomposeError } from '../../errors.ts';
import type { RootfsSource } from '../../image/types.ts';
import type { Launcher } from '../../runtime/foreign/launcher.ts';
import type { AttachStreams, ShimAttachment } from '../../runtime/shim/attach.ts';
import type { ShimConnection } from '../../runtime/shim/shim-client.ts';
import type { OciSpec } from '../../runtime/spec/oci-types.ts';
import type { HostConfig } from '../api/host-config.ts';
import type { HealthMonitor } from '../health/monitor.ts';
import { createSerial, type Serial } from '../serial.ts';
import { appendJson } from '../store/json-file.ts';
import type { Layout } from '../store/layout.ts';
import type { ContainerMutable, ContainerRecord } from './record.ts';
import { type ContainerState, canBecome, isUp } from './state.ts';

/** What exists of a container only while its shim lives. */
export interface Launch {
  readonly shim: ShimConnection;
  /** Of the start; an update of the limits puts another in its place. */
  spec: OciSpec;
  readonly rootfs: RootfsSource;
  readonly launcher: Launcher;
  /** Resolves when its exit has been recorded and cleaned up after. */
  readonly over: Promise<void>;
  readonly finish: () => void;
  /** Monotonic milliseconds of its start; adopted ones count from the adoption. */
  readonly since: number;
}

/** A client that attached before the start and gets every byte of output. */
interface PendingAttach {
  readonly streams: AttachStreams;
  readonly connected: (attachment: ShimAttachment) => void;
  readonly failed: (error: Error) => void;
}

/** A container as the engine holds it: its record, what moves of it, and what runs of it. */
export class Container {
  readonly record: ContainerRecord;
  /** containers/<id> */
  readonly directory: string;
  /** run/c/<id> */
  readonly runDir: string;
  /** Operations of clients, one after the other. */
  readonly serial: Serial = createSerial();
  /** Why it can't be started: both of its files are damaged, and nothing but its name and its end are left. */
  readonly damaged: string | undefined;
  readonly pendingAttaches = new Set<PendingAttach>();
  launch: Launch | undefined;
  /** When a client last sent this launch a signal, monotonic milliseconds: an end soon after was asked for. */
  signalled: number | undefined;
  health: HealthMonitor | undefined;
  /** Cancels the back-off in state `restarting`. */
  cancelRestart: (() => void) | undefined;
  /** A client's restart is under way: the end that comes first is not for good. */
  restartAsked = false;
  /** It is stopped together with the engine: restart policies act at the next engine's start, not before. */
  endsWithEngine = false;
  /** A `removed` waiter's answer, and whether the container is out of the engine. */
  gone = false;
  #mutable: ContainerMutable;
  readonly #listeners = new Set<(state: ContainerState | 'gone') => void>();

  constructor(layout: Layout, record: ContainerRecord, mutable: ContainerMutable, damaged?: string) {
    this.record = record;
    this.damaged = damaged;
    this.#mutable = mutable;
    this.directory = join(layout.containers, record.id);
    this.runDir = join(layout.containerRuns, record.id);
  }

  get id(): string {
    return this.record.id;
  }

  get name(): string {
    return this.#mutable.name;
  }

  get state(): ContainerState {
    return this.#mutable.state;
  }

  get mutable(): ContainerMutable {
    return this.#mutable;
  }

  /** As created, with what has been updated since. */
  get hostConfig(): HostConfig {
    const { updated } = this.#mutable;
    return updated === undefined ? this.record.hostConfig : { ...this.record.hostConfig, ...updated };
  }

  get up(): boolean {
    return isUp(this.state);
  }

  get logPath(): string {
    return join(this.directory, 'log');
  }

  get upperDir(): string {
    return join(this.directory, 'upper');
  }

  /** Changes anything but the state; in memory only until the next `save`. */
  amend(change: Partial<Omit<ContainerMutable, 'state' | 'version'>>): void {
    this.#mutable = { ...this.#mutable, ...change };
  }

  /** As amend, on disk too: when that fails nothing has changed, and the failure is thrown. */
  change(change: Partial<Omit<ContainerMutable, 'state' | 'version'>>): void {
    const before = this.#mutable;
    this.amend(change);
    try {
      this.save();
    } catch (error) {
      this.#mutable = before;
      throw error;
    }
  }

  /** Moves to another state, in memory; an illegal move is a bug. `announce` notifies the listeners. */
  become(state: ContainerState): void {
    const from = this.state.status;
    if (from !== state.status && !canBecome(from, state.status)) {
      throw new TcomposeError('INTERNAL', `container ${this.id} cannot go from ${from} to ${state.status}`);
    }
    this.#mutable = { ...this.#mutable, state };
  }

  /** Writes state.json. Throws what the disk says; engine.states writes what must not fail. */
  save(): void {
    appendJson(join(this.directory, 'state.json'), this.#mutable, () => ({ record: this.record }));
  }

  /**
   * The first save of a container whose directory has an empty file of that name: it becomes state.json when it is whole. Throws as
   * `save`.
   */
  saveFirst(name: string): void {
    const file = join(this.directory, name);
    appendJson(file, this.#mutable, () => ({ record: this.record }));
    renameSync(file, join(this.directory, 'state.json'));
  }

  /** Tells those who wait for a state, after it has been saved and journalled. */
  announce(): void {
    const what = this.gone ? 'gone' : this.state;
    for (const listener of [...this.#listeners]) listener(what);
  }

  /** Returns the release. */
  onChange(listener: (state: ContainerState | 'gone') => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
