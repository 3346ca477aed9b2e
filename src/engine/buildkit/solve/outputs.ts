import type { BuildClient } from '../../build/build-client.ts';
import type { Exporter, SolveRequest } from '../messages/control.ts';
import { GrpcError } from '../wire/status.ts';

/** What to make of a build's result. */
export type Output =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'image'; readonly names: readonly string[]; readonly push: boolean }
  /** The image is sent to the client as an archive, an OCI image layout that also has Docker's format. */
  | { readonly kind: 'archive'; readonly names: readonly string[] }
  /** The files are sent to the client. */
  | { readonly kind: 'local' | 'tar' };

/** The name of the vertex that reports it. */
export const exportTitles: Readonly<Record<Output['kind'], string | undefined>> = {
  nothing: undefined,
  image: 'exporting to image',
  archive: 'exporting to an archive',
  local: 'exporting to client directory',
  tar: 'exporting to client tarball',
};

/** What a request wants to be made of the result. @throws GrpcError UNIMPLEMENTED */
export function readOutput(request: SolveRequest): Output {
  const { exporters, exporter, exporterAttrs } = request;
  const asked: readonly Partial<Exporter>[] =
    exporters.length > 0 || exporter === '' ? exporters : [{ type: exporter, attrs: exporterAttrs }];
  if (asked.length === 0) return { kind: 'nothing' };
  if (asked.length > 1) throw new GrpcError('unimplemented', 'a build can have only one output here');
  const { type = '', attrs = new Map<string, string>() } = asked[0]!;
  const names = (attrs.get('name') ?? '').split(',').filter((name) => name !== '');
  switch (type) {
    case 'moby':
    case 'image':
      return { kind: 'image', names, push: isOn(attrs.get('push')) };
    case 'oci':
    case 'docker':
      if (attrs.has('tar') && !isOn(attrs.get('tar')))
        throw new GrpcError(
          'unimplemented',
          `an output of type=${type} is an archive here: leave out tar=false`,
        );
      return { kind: 'archive', names };
    case 'local':
    case 'tar':
      return { kind: type };
    default:
      throw new GrpcError(
        'unimplemented',
        `exporter ${JSON.stringify(type)} is not supported; use moby, image, oci, docker, local or tar`,
      );
  }
}

const isOn = (text: string | undefined): boolean => /^(?:1|t|true)$/i.test(text ?? '');

/** Takes the files of a build's result. */
export type TakeTree = NonNullable<BuildClient['take']>;
