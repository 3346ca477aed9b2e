import type { Extensions } from './extensions.ts';

export type MountType = 'bind' | 'volume' | 'tmpfs' | 'image' | 'npipe' | 'cluster';

/** Entry of `volumes`, in long form. */
export interface Mount {
  readonly type: MountType;
  readonly source?: string;
  readonly target?: string;
  readonly read_only?: boolean;
  readonly consistency?: string;
  readonly bind?: {
    readonly selinux?: string;
    readonly propagation?: string;
    /** `true` unless the file says otherwise. */
    readonly create_host_path?: boolean;
    /** `enabled`, `disabled`, `writable`, `readonly`. */
    readonly recursive?: string;
    readonly extensions?: Extensions;
  };
  readonly volume?: {
    readonly labels?: Readonly<Record<string, string>>;
    /** `true`: the image's content is not copied into an empty volume. */
    readonly nocopy?: boolean;
    readonly subpath?: string;
    readonly extensions?: Extensions;
  };
  readonly tmpfs?: {
    /** Bytes. */
    readonly size?: number;
    /** Numeric file mode. */
    readonly mode?: number;
    readonly extensions?: Extensions;
  };
  readonly image?: { readonly subpath?: string; readonly extensions?: Extensions };
  readonly extensions?: Extensions;
}
