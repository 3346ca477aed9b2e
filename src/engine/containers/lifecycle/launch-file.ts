import { join } from 'node:path';
import type { OciSpec } from '../../../runtime/spec/oci-types.ts';
import { checkShape, examineJson, isObject, writeJsonInPlace } from '../../store/json-file.ts';
import type { Container } from '../container.ts';
import { attachmentsFault, type ContainerMutable } from '../record.ts';

/** The parameters of a container's launch that the next engine needs: run/c/<id>/spec.json. */
interface LaunchFile {
  readonly spec: OciSpec;
  /** Addresses and published ports, for an engine that finds state.json damaged. */
  readonly network: Pick<ContainerMutable, 'attachments' | 'ports'> | undefined;
}

const pathOf = (container: Pick<Container, 'runDir'>): string => join(container.runDir, 'spec.json');

/** Writes the OCI configuration, together with the container's present network, into a new run directory before the spawn. */
export function writeLaunchFile(container: Pick<Container, 'runDir' | 'mutable'>, spec: OciSpec): void {
  const { attachments, ports } = container.mutable;
  writeJsonInPlace(pathOf(container), { ...spec, launched: { attachments, ports } });
}

/** Undefined when the file is absent or damaged. */
export function readLaunchFile(container: Pick<Container, 'runDir'>): LaunchFile | undefined {
  const reading = examineJson<OciSpec & { readonly launched?: LaunchFile['network'] }>(
    pathOf(container),
    (value) => checkShape(value, { process: isObject, linux: isObject }),
  );
  if (reading.kind !== 'whole') return undefined;
  const { launched, ...spec } = reading.value;
  return { spec, network: attachmentsFault(launched) === undefined ? launched : undefined };
}
