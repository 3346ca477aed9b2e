import type { BuildClient } from '../../build/build-client.ts';
import type { Exporter, SolveRequest } from '../messages/control.ts';
import { GrpcError } from '../wire/status.ts';

/** What is made of a build's result. */
export type Output =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'image'; readonly names: readonly string[] }
  /** The client is sent the files. */
  | { readonly kind: 'local' | 'tar' };

/** What vertices call the making of it. */
export const exportTitles: Readonly<Record<Output['kind'], string | undefined>> = {
  nothing: undefined,
  image: 'exporting to image',
  local: 'exporting to client directory',
  tar: 'exporting to client tarball',
};

/** What a request wants made of the result. @throws GrpcError UNIMPLEMENTED */
export function readOutput(request: SolveRequest): Output {
  const { exporters, exporter, exporterAttrs } = request;
  const asked: readonly Partial<Exporter>[] =
    exporters.length > 0 || exporter === '' ? exporters : [{ type: exporter, attrs: exporterAttrs }];
  if (asked.length === 0) return { kind: 'nothing' };
  if (asked.length > 1) throw new GrpcError('unimplemented', 'a build has one output here, not several');
  const { type = '', attrs = new Map<string, string>() } = asked[0]!;
  switch (type) {
    case 'moby':
    case 'image': {
      if (/^(?:1|true)$/i.test(attrs.get('push') ?? ''))
        throw new GrpcError('unimplemented', 'a build does not push its image: push it by `docker push`');
      return { kind: 'image', names: (attrs.get('name') ?? '').split(',').filter((name) => name !== '') };
    }
    case 'local':
    case 'tar':
      return { kind: type };
    default:
      throw new GrpcError(
        'unimplemented',
        `exporter ${JSON.stringify(type)} is not carried out: there are moby, image, local and tar`,
      );
  }
}

/** Who takes the files of a build's result. */
export type TakeTree = NonNullable<BuildClient['take']>;
