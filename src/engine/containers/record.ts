import type { EndpointRecord, PortBinding } from '../../network/types.ts';
import type { ContainerConfig } from '../api/container-config.ts';
import type { HostConfig } from '../api/host-config.ts';
import type { EndpointSettings } from '../api/network.ts';
import type { HealthReport } from '../health/types.ts';
import { checkShape, isId, isNumber, isObject, isString } from '../store/json-file.ts';
import type { ContainerState } from './state.ts';

/** containers/<id>/config.json: the create request, merged with the image and resolved. Written once. */
export interface ContainerRecord {
  readonly version: 1;
  readonly id: string;
  /** RFC 3339. */
  readonly created: string;
  /** `sha256:…`. */
  readonly imageId: string;
  /** Image, request and defaults merged. `Image` is the reference as given. */
  readonly config: ContainerConfig;
  /** argv: entrypoint followed by the command. */
  readonly command: readonly string[];
  readonly hostConfig: HostConfig;
  readonly platform: string;
  readonly mounts: readonly StoredMount[];
  /** The initial content of state.json, in case that file is lost. */
  readonly first?: Pick<ContainerMutable, 'name' | 'attachments'>;
}

export interface StoredMount {
  readonly type: 'bind' | 'volume' | 'tmpfs' | 'image';
  /** bind: host path. image: its name as requested. */
  readonly source: string;
  /** image: its id, because the name may refer to another image by the time of a start. */
  readonly imageId?: string;
  /** volume: its name. */
  readonly volume?: string;
  /** Anonymous volumes are removed with the container by `v=1` or AutoRemove. */
  readonly anonymous?: boolean;
  readonly target: string;
  readonly readOnly: boolean;
  /** volume: do not fill an empty volume with what the image has there. */
  readonly noCopy?: boolean;
  readonly subpath?: string;
  /** bind: create a missing source as a directory. */
  readonly createSource?: boolean;
  readonly recursive?: boolean;
  readonly readOnlyRecursive?: boolean;
  readonly propagation?: 'private' | 'rprivate' | 'shared' | 'rshared' | 'slave' | 'rslave';
  /** tmpfs: options of the file system. */
  readonly options?: readonly string[];
  /** As the user wrote it after the second colon; shown by inspect. */
  readonly mode: string;
}

/** One network of a container. */
export interface Attachment {
  readonly networkId: string;
  /** As requested. */
  readonly settings: EndpointSettings;
  /** Only while it runs. */
  readonly endpoint?: EndpointRecord;
}

/** containers/<id>/state.json: everything that changes, one line for each change; the last one counts. */
export interface ContainerMutable {
  readonly version: 1;
  readonly name: string;
  readonly state: ContainerState;
  /** By network name, in order of attachment. */
  readonly attachments: Readonly<Record<string, Attachment>>;
  readonly ports: readonly PortBinding[];
  readonly restartCount: number;
  /** Length of the last back-off in milliseconds. */
  readonly lastDelay: number;
  /** Stopped or killed by a client: no restart until a client starts it. */
  readonly stoppedByUser: boolean;
  readonly health?: HealthReport;
  /** What POST /containers/{id}/update changed; overrides the record's hostConfig. */
  readonly updated?: HostConfig;
}

/** What is wrong with the form of a config.json; undefined if nothing is. */
export function recordFault(value: unknown): string | undefined {
  return checkShape(value, {
    version: (field) => field === 1,
    id: isId,
    created: isString,
    imageId: isString,
    config: isObject,
    command: Array.isArray,
    hostConfig: isObject,
    mounts: (field) => Array.isArray(field) && field.every(isObject),
    first: (field) => field === undefined || isObject(field),
  });
}

/** What is wrong with the first line of a state.json, which repeats the record; undefined if nothing is. */
export function headFault(value: unknown): string | undefined {
  return isObject(value) ? recordFault(value.record) : 'it is not an object';
}

const statuses = [
  'created',
  'starting',
  'running',
  'paused',
  'exiting',
  'restarting',
  'exited',
  'removing',
  'dead',
];

/** What is wrong with the form of a line of state.json; undefined if nothing is. */
export function mutableFault(value: unknown): string | undefined {
  return (
    checkShape(value, {
      version: (field) => field === 1,
      name: isString,
      state: isObject,
      restartCount: isNumber,
    }) ??
    attachmentsFault(value) ??
    stateFault((value as ContainerMutable).state)
  );
}

/** What is wrong with networks and ports in a state file; undefined if nothing is. */
export function attachmentsFault(value: unknown): string | undefined {
  return checkShape(value, {
    attachments: (field) => isObject(field) && Object.values(field).every(isAttachment),
    ports: (field) => Array.isArray(field) && field.every(isObject),
  });
}

function isAttachment(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { networkId, settings, endpoint } = value;
  return isId(networkId) && isObject(settings) && (endpoint === undefined || isEndpoint(endpoint));
}

const isEndpoint = (value: unknown): boolean =>
  isObject(value) && isId(value.networkId) && isString(value.ipv4) && Array.isArray(value.aliases);

function stateFault(state: ContainerState): string | undefined {
  if (!statuses.includes(state.status)) return 'its state has no known status';
  if (state.status === 'running' || state.status === 'paused') {
    return checkShape(state.process, { pid: isNumber, startTime: isString, bootId: isString });
  }
  if (state.status === 'exited' || state.status === 'restarting' || state.status === 'exiting') {
    return checkShape(state.exit, { exitCode: isNumber, finishedAt: isString });
  }
  return undefined;
}
