import type { ImageStore } from '../image/index.ts';
import type { JobRunner } from '../image/jobs/job-types.ts';
import type { NetworkService } from '../network/index.ts';
import type { KeeperConnection } from '../runtime/shim/keeper-client.ts';
import type { MachineFacts } from '../runtime/spec/spec-input.ts';
import type { Clock } from './clock.ts';
import type { FollowUps } from './containers/lifecycle/follow-ups.ts';
import type { ContainerRegistry } from './containers/registry.ts';
import type { SpareParts } from './containers/spare-parts.ts';
import type { StartHolds } from './containers/start-holds.ts';
import type { StateWriter } from './containers/state-writer.ts';
import type { EventJournal } from './events/journal.ts';
import type { ExecRegistry } from './exec/registry.ts';
import type { FaultPoint } from './fault.ts';
import type { Registries } from './images/registries.ts';
import type { EngineLog } from './log-sink.ts';
import type { NetworkRegistry } from './networks.ts';
import type { Privilege } from './process/privilege.ts';
import type { RuntimeCatalog } from './runtimes/catalog.ts';
import type { DamageReport } from './store/damage.ts';
import type { Layout } from './store/layout.ts';
import type { Trash } from './store/trash.ts';
import type { VolumeStore } from './volumes.ts';

/** Everything that the parts of the engine share: one object made by process/assemble.ts, passed to each operation. */
export interface Engine {
  readonly version: string;
  readonly layout: Layout;
  /** 8 hex digits. */
  readonly instance: string;
  readonly bootId: string;
  readonly clock: Clock;
  readonly log: EngineLog;
  readonly fault: (point: FaultPoint) => void;
  readonly machine: MachineFacts;
  readonly privilege: Privilege;
  readonly keeper: KeeperConnection;
  readonly events: EventJournal;
  readonly runtimes: RuntimeCatalog;
  readonly images: ImageStore;
  /** For work that would block the event loop. */
  readonly jobs: JobRunner;
  readonly registries: Registries;
  readonly volumes: VolumeStore;
  readonly networks: NetworkRegistry;
  readonly net: NetworkService;
  readonly containers: ContainerRegistry;
  readonly states: StateWriter;
  readonly holds: StartHolds;
  readonly followUps: FollowUps;
  readonly damage: DamageReport;
  readonly execs: ExecRegistry;
  /** For what is below `lib`, and below `run`. */
  readonly trash: { readonly lib: Trash; readonly run: Trash };
  readonly spares: SpareParts;
}
