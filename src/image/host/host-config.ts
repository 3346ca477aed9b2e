import { sha256 } from '../digest.ts';
import type { ImageRecord, ImageRuntimeConfig } from '../types.ts';

/** The image that always exists: this machine's own programs. Not for untrusted code, as the documentation says. */
export const hostReference = 'tcompose/host:latest';

/** Label with the machine's fingerprint, kept by images built from the host image. */
const machineLabel = 'tcompose.host.machine';

interface HostIdentity {
  /** /etc/machine-id, or another value that stays the same on this machine. Never shown, only hashed. */
  readonly machineId: string;
  /** tcompose's version. */
  readonly release: string;
  /** As in an image configuration: `amd64`, `arm64`. */
  readonly architecture: string;
}

/** Record and configuration blob of tcompose/host: the same for the same machine and release. Pure. */
export function hostImage(identity: HostIdentity): { readonly record: ImageRecord; readonly blob: string } {
  const config: ImageRuntimeConfig = {
    Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'LANG=C.UTF-8'],
    Cmd: ['/bin/sh'],
    WorkingDir: '/',
    Labels: {
      [machineLabel]: sha256(`tcompose host ${identity.machineId}`).slice(7, 39),
      'tcompose.host.release': identity.release,
    },
  };
  const created = '1970-01-01T00:00:00Z';
  const history = [
    { created, created_by: 'tcompose', comment: "the machine's own /usr over a generated root" },
  ];
  const { architecture } = identity;
  const blob = JSON.stringify({
    created,
    architecture,
    os: 'linux',
    config,
    rootfs: { type: 'layers', diff_ids: [] },
    history,
  });
  const record: ImageRecord = {
    id: sha256(blob),
    tags: [hostReference],
    repoDigests: [],
    digestTags: {},
    dangling: false,
    created,
    architecture,
    os: 'linux',
    size: 0,
    chain: [],
    diffIds: [],
    history,
    config,
    host: true,
  };
  return { record, blob };
}

/** Node's name of an architecture as images spell it: `x64` → `amd64`. */
export function imageArchitecture(nodeArchitecture: string): string {
  const names: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };
  return names[nodeArchitecture] ?? nodeArchitecture;
}
