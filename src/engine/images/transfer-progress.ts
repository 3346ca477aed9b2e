/** What happens while images are pulled and pushed; renderers turn it into lines. */
export type TransferProgress =
  /** A pull began: the repository's path, and its tag or the full reference with digest. */
  | { readonly kind: 'pulling'; readonly path: string; readonly reference: string }
  | { readonly kind: 'pushing'; readonly repository: string }
  /** A layer, by the first 12 digits of its digest (push: of its DiffID). */
  | { readonly kind: 'layer'; readonly id: string; readonly state: LayerState }
  /** Bytes of a layer that were sent or received. */
  | {
      readonly kind: 'bytes';
      readonly id: string;
      readonly state: 'downloading' | 'extracting' | 'pushing';
      readonly current: number;
      readonly total: number;
    }
  | { readonly kind: 'retry'; readonly id: string | undefined; readonly ms: number; readonly why: string }
  | { readonly kind: 'mounted'; readonly id: string; readonly from: string }
  | { readonly kind: 'warning'; readonly text: string }
  /** A request to a registry and its answer; only if requested. */
  | { readonly kind: 'asked'; readonly text: string }
  /** The image is part of the program. */
  | { readonly kind: 'builtin'; readonly reference: string }
  /** A pull succeeded; `newer`: the reference now refers to another image than before. */
  | { readonly kind: 'pulled'; readonly digest: string; readonly reference: string; readonly newer: boolean }
  /** Both for one tag of several and for all of them together. */
  | { readonly kind: 'digest'; readonly digest: string }
  | { readonly kind: 'status'; readonly reference: string; readonly newer: boolean }
  | { readonly kind: 'pushed'; readonly tag: string; readonly digest: string; readonly size: number };

export type LayerState =
  | 'queued'
  | 'waiting'
  | 'verifying'
  | 'downloaded'
  | 'complete'
  | 'exists'
  | 'preparing'
  | 'pushed'
  | 'remote';

export type TellProgress = (progress: TransferProgress) => void;
