import type { FileReference } from '../../compose/model/files.ts';
import type { Mount } from '../../compose/model/mounts.ts';
import type { Project } from '../../compose/model/project.ts';
import type { Config, Secret } from '../../compose/model/resources.ts';
import type { Service } from '../../compose/model/service.ts';
import { composeWords } from '../../compose-words.ts';
import type { MountRequest } from '../../engine/api/host-config.ts';
import { TcomposeError } from '../../errors.ts';
import { isCopied } from '../content-parts.ts';

/** A file that is copied into the container before it starts. */
export interface InjectedFile {
  readonly path: string;
  readonly content: { readonly text: string } | { readonly file: string };
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

/** All mounts of a service, in the forms of the API. */
interface MountParts {
  readonly binds: readonly string[];
  readonly mounts: readonly MountRequest[];
  readonly tmpfs: Readonly<Record<string, string>>;
  readonly files: readonly InjectedFile[];
}

/** An anonymous volume that a new container takes over from its predecessor. */
export interface InheritedVolume {
  readonly name: string;
  readonly target: string;
}

/** Mounts of a service. `inherited` are the anonymous volumes of the container that it replaces. */
export function mountParts(
  project: Project,
  service: Service,
  inherited: readonly InheritedVolume[] = [],
): MountParts {
  const binds: string[] = [];
  const mounts: MountRequest[] = [];
  const taken = new Map(inherited.map((volume) => [volume.target, volume.name]));
  for (const mount of service.volumes ?? []) {
    const target = mount.target ?? '';
    const old = mount.type === 'volume' && mount.source === undefined ? taken.get(target) : undefined;
    if (old !== undefined) {
      taken.delete(target);
      mounts.push({ ...volumeMount(mount, old), Target: target });
    } else if (mount.type === 'bind' && mount.bind?.create_host_path !== false && !needsMountForm(mount)) {
      // Only the Binds form creates a missing host path.
      binds.push(bindText(mount));
    } else mounts.push(mountRequest(project, mount));
  }
  const explicit = new Set((service.volumes ?? []).map((mount) => mount.target));
  for (const [target, name] of taken)
    if (!explicit.has(target)) mounts.push({ Type: 'volume', Source: name, Target: target });
  const tmpfs = Object.fromEntries((service.tmpfs ?? []).map(splitTmpfs));
  const files: InjectedFile[] = [];
  const addFiles = (
    references: readonly FileReference[] | undefined,
    objects: Readonly<Record<string, Secret | Config>>,
    kind: 'secret' | 'config',
  ) => {
    for (const reference of references ?? []) {
      const target = targetOf(reference, kind);
      const source = objects[reference.source];
      if (source === undefined) continue;
      if (source.external === true)
        throw new TcomposeError(
          'PROJECT_UNSUPPORTED',
          `${composeWords.externalObject(kind, reference.source)}: service ${service.name} cannot have it, because nothing on one machine keeps it`,
          {
            hint: `Give the ${kind} a file, an environment variable or a content.`,
          },
        );
      if (source.file !== undefined && !isCopied(reference, source))
        mounts.push({ Type: 'bind', Source: source.file, Target: target, ReadOnly: true });
      else
        files.push({
          path: target,
          content: source.file !== undefined ? { file: source.file } : { text: source.content ?? '' },
          uid: Number(reference.uid ?? 0),
          gid: Number(reference.gid ?? 0),
          mode: reference.mode ?? 0o444,
        });
    }
  };
  addFiles(service.secrets, project.secrets, 'secret');
  addFiles(service.configs, project.configs, 'config');
  return { binds, mounts, tmpfs, files };
}

function targetOf(reference: FileReference, kind: 'secret' | 'config'): string {
  const name = reference.target ?? reference.source;
  if (name.startsWith('/')) return name;
  return kind === 'secret' ? `/run/secrets/${name}` : `/${name}`;
}

const needsMountForm = (mount: Mount) =>
  mount.bind?.recursive !== undefined ||
  (mount.source ?? '').includes(':') ||
  (mount.target ?? '').includes(':');

function bindText(mount: Mount): string {
  const options = [mount.read_only === true ? 'ro' : 'rw'];
  if (mount.bind?.selinux !== undefined) options.push(mount.bind.selinux);
  if (mount.bind?.propagation) options.push(mount.bind.propagation);
  return `${mount.source}:${mount.target}:${options.join(',')}`;
}

function volumeMount(mount: Mount, name: string | undefined): MountRequest {
  const options = {
    ...(mount.volume?.nocopy === undefined ? {} : { NoCopy: mount.volume.nocopy }),
    ...(mount.volume?.labels === undefined ? {} : { Labels: mount.volume.labels }),
    ...(mount.volume?.subpath === undefined ? {} : { Subpath: mount.volume.subpath }),
  };
  return {
    Type: 'volume',
    ...(name === undefined ? {} : { Source: name }),
    Target: mount.target ?? '',
    ...(mount.read_only === true ? { ReadOnly: true } : {}),
    ...(Object.keys(options).length === 0 ? {} : { VolumeOptions: options }),
  };
}

function mountRequest(project: Project, mount: Mount): MountRequest {
  const base = {
    Type: mount.type,
    Target: mount.target ?? '',
    ...(mount.read_only === true ? { ReadOnly: true } : {}),
  };
  switch (mount.type) {
    case 'volume': {
      const declared = mount.source === undefined ? undefined : project.volumes[mount.source];
      return volumeMount(mount, declared?.name ?? mount.source);
    }
    case 'tmpfs':
      return {
        ...base,
        ...(mount.tmpfs === undefined
          ? {}
          : {
              TmpfsOptions: {
                ...(mount.tmpfs.size === undefined ? {} : { SizeBytes: mount.tmpfs.size }),
                ...(mount.tmpfs.mode === undefined ? {} : { Mode: mount.tmpfs.mode }),
              },
            }),
      };
    case 'bind': {
      const recursive = mount.bind?.recursive;
      const options = {
        ...(mount.bind?.propagation ? { Propagation: mount.bind.propagation } : {}),
        ...(mount.bind?.create_host_path === false ? {} : { CreateMountpoint: true }),
        ...(recursive === 'disabled' ? { NonRecursive: true } : {}),
        ...(recursive === 'writable' ? { ReadOnlyNonRecursive: true } : {}),
        ...(recursive === 'readonly' ? { ReadOnlyForceRecursive: true } : {}),
      };
      return { ...base, Source: mount.source ?? '', BindOptions: options };
    }
    default:
      return {
        ...base,
        Source: mount.source ?? '',
        ...(mount.image?.subpath === undefined ? {} : { ImageOptions: { Subpath: mount.image.subpath } }),
      };
  }
}

function splitTmpfs(text: string): readonly [string, string] {
  const at = text.indexOf(':');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
