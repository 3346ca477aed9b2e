import { generateSpec } from '../../../runtime/spec/oci-spec.ts';
import type { OciSpec } from '../../../runtime/spec/oci-types.ts';
import { resolveUser } from '../../../runtime/spec/users.ts';
import type { Engine } from '../../context.ts';
import type { Container } from '../container.ts';
import { hostFilesIn } from '../host/host-file-names.ts';
import { userOf } from './prepare-start.ts';

/**
 * The OCI configuration of a running container whose spec.json is damaged, rebuilt from its record: correct in what an
 * engine needs for a running one (process, control groups), but without mounts, devices and other containers'
 * namespaces.
 */
export async function rebuildSpec(engine: Engine, container: Container): Promise<OciSpec> {
  const { record } = container;
  const { Devices, DeviceCgroupRules, ...host } = container.hostConfig;
  const user = await userOf(engine, container, host.GroupAdd ?? []).catch(() =>
    resolveUser('0', { passwd: undefined, group: undefined }, []),
  );
  return generateSpec({
    id: container.id,
    instance: engine.instance,
    config: {
      ...record.config,
      Entrypoint: null,
      Cmd: record.command.length > 0 ? record.command : ['true'],
    },
    hostConfig: { ...host, NetworkMode: 'none', PidMode: '', IpcMode: 'private' },
    mounts: [],
    user,
    files: hostFilesIn(container.runDir),
    joined: {},
    devices: [],
    machine: engine.machine,
  });
}
