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

/** The part of a container that exists only while its shim lives. */
export interface Launch {
  readonly shim: ShimConnection;
  /** The spec of the start; an update of the limits replaces it. */
  spec: OciSpec;
  readonly rootfs: RootfsSource;
  readonly launcher: Launcher;
  /** Resolves when its exit has been recorded and the clean-up is done. */
  readonly over: Promise<void>;
  readonly finish: () => void;
  /** Monotonic milliseconds of its start, or of its adoption. */
  readonly since: number;
}

/** A client that attached before the start and receives every byte of output. */
interface PendingAttach {
  readonly streams: AttachStreams;
  readonly connected: (attachment: ShimAttachment) => void;
  readonly failed: (error: Error) => void;
}

/** A container in the engine: its record, its state, and its running shim. */
export class Container {
  readonly record: ContainerRecord;
  /** containers/<id> */
  readonly directory: string;
  /** run/c/<id> */
  readonly runDir: string;
  /** Runs clients' operations one after the other. */
  readonly serial: Serial = createSerial();
  /** Why it can't be started: both of its files are damaged, so that it can only be named and ended. */
  readonly damaged: string | undefined;
  readonly pendingAttaches = new Set<PendingAttach>();
  launch: Launch | undefined;
  /** When a client last sent a signal to this launch, in monotonic milliseconds: an exit soon afterwards was requested. */
  signalled: number | undefined;
  health: HealthMonitor | undefined;
  /** Cancels the back-off in state `restarting`. */
  cancelRestart: (() => void) | undefined;
  /** A client's restart is in progress: the exit that comes first is not final. */
  restartAsked = false;
  /** It is being stopped together with the engine: restart policies apply when the next engine starts, not before. */
  endsWithEngine = false;
  /** Whether the container has left the engine, which answers those who wait for `removed`. */
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

  /** As created, with later updates. */
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

  /** Changes anything except the state; only in memory until the next `save`. */
  amend(change: Partial<Omit<ContainerMutable, 'state' | 'version'>>): void {
    this.#mutable = { ...this.#mutable, ...change };
  }

  /** Like amend, and on disk; when that fails nothing has changed, and the error is thrown. */
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

  /** Changes the state, in memory; an illegal transition is a bug. `announce` notifies the listeners. */
  become(state: ContainerState): void {
    const from = this.state.status;
    if (from !== state.status && !canBecome(from, state.status)) {
      throw new TcomposeError('INTERNAL', `container ${this.id} cannot go from ${from} to ${state.status}`);
    }
    this.#mutable = { ...this.#mutable, state };
  }

  /** Writes state.json. Throws the disk's error; use engine.states for writes that must not fail. */
  save(): void {
    appendJson(join(this.directory, 'state.json'), this.#mutable, () => ({ record: this.record }));
  }

  /**
   * The first save of a container whose directory already has an empty file with that name: it is renamed to state.json
   * when complete. Throws like `save`.
   */
  saveFirst(name: string): void {
    const file = join(this.directory, name);
    appendJson(file, this.#mutable, () => ({ record: this.record }));
    renameSync(file, join(this.directory, 'state.json'));
  }

  /** Notifies those who wait for a state, after it has been saved and journalled. */
  announce(): void {
    const what = this.gone ? 'gone' : this.state;
    for (const listener of [...this.#listeners]) listener(what);
  }

  /** Returns the function that removes the listener. */
  onChange(listener: (state: ContainerState | 'gone') => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
