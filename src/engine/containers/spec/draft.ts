import type { ImageRecord } from '../../../image/index.ts';
import type { ForeignRuntime } from '../../../runtime/foreign/launcher.ts';
import { checkRequest } from '../../../runtime/spec/check-request.ts';
import type { ContainerCreateRequest } from '../../api/container.ts';
import type { ContainerConfig } from '../../api/container-config.ts';
import { containerCreateShape, mergedConfigShape } from '../../api/container-shapes.ts';
import type { HostConfig } from '../../api/host-config.ts';
import type { Engine } from '../../context.ts';
import { shaped } from '../../http/body-shape.ts';
import { badParameter } from '../../http/failure.ts';
import { checkCreate } from './check-create.ts';
import { checkEnv } from './check-values.ts';
import { imageDefaults } from './image-defaults.ts';
import { imageFor } from './image-platform.ts';
import { mergeImageConfig } from './merge-image.ts';
import { collectPorts, parsePortKey } from './port-spec.ts';

const defaultShmSize = 64 * 1024 * 1024;

/** A create request combined with its image's defaults and Docker's own. */
interface ContainerDraft {
  readonly image: ImageRecord;
  readonly config: ContainerConfig;
  readonly command: readonly string[];
  readonly host: HostConfig;
  /** Absent for the built-in runtime. */
  readonly runtime?: ForeignRuntime;
  /** One sentence for each field that is accepted but has no effect. */
  readonly warnings: readonly string[];
}

/**
 * Checks a create request by itself, changing nothing. Errors: 400, 404 (image).
 * @param platform that its image must be for; default: the machine's, or an available one
 */
export function draftContainer(
  engine: Pick<Engine, 'images' | 'machine' | 'runtimes'>,
  request: ContainerCreateRequest,
  platform?: string,
): ContainerDraft {
  shaped(request, containerCreateShape);
  if (Object.keys(request).length === 0)
    throw badParameter('config cannot be empty in order to create a container');
  if (!request.Image) throw badParameter('no command specified: no image given');
  const { image, warnings: ofImage } = imageFor(engine, {
    reference: request.Image,
    shown: withTag(request.Image),
    platform,
  });
  const { HostConfig: givenHost, NetworkingConfig: _, ...givenConfig } = request;
  checkEnv(givenConfig.Env);
  for (const port of Object.keys(givenConfig.ExposedPorts ?? {})) parsePortKey(port);
  const defaults = imageDefaults(request.Image, image.config);
  const { config, command } = mergeImageConfig(givenConfig, defaults.config);
  shaped(config, mergedConfigShape, `what image ${request.Image} says: `);
  const host = withDefaults(givenHost ?? {});
  const { runtime, warning } = engine.runtimes.resolve(host.Runtime ?? '');
  const warnings = [
    ...ofImage,
    ...defaults.warnings,
    ...checkCreate(config, host),
    ...checkRequest(config, host, engine.machine),
    ...(warning === undefined ? [] : [warning]),
  ];
  collectPorts(host, config);
  return { image, config, command, host, warnings, ...(runtime === undefined ? {} : { runtime }) };
}

/** Docker's defaults for fields that inspect shows. */
function withDefaults(host: HostConfig): HostConfig {
  return {
    ...host,
    NetworkMode: host.NetworkMode && host.NetworkMode !== 'default' ? host.NetworkMode : 'bridge',
    RestartPolicy: {
      Name: host.RestartPolicy?.Name || 'no',
      MaximumRetryCount: host.RestartPolicy?.MaximumRetryCount ?? 0,
    },
    LogConfig: { Type: host.LogConfig?.Type || 'json-file', Config: host.LogConfig?.Config ?? {} },
    ShmSize: host.ShmSize || defaultShmSize,
    IpcMode: host.IpcMode || 'private',
    CgroupnsMode: host.CgroupnsMode || 'private',
    Runtime: host.Runtime || 'tcompose',
    PortBindings: host.PortBindings ?? {},
    Binds: host.Binds ?? null,
  };
}

/** The reference in the form used in messages: `busybox` is `busybox:latest`; an id or digest is left alone. */
export function withTag(reference: string): string {
  return /[:@][^/]*$/.test(reference) || /^[0-9a-f]{12,64}$/.test(reference)
    ? reference
    : `${reference}:latest`;
}
