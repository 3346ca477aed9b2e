import { compareVersions } from '../http/versions.ts';

/** Fields of a container's configuration that images never used; absent from their inspection since API 1.50. */
const unused = {
  Hostname: '',
  Domainname: '',
  AttachStdin: false,
  AttachStdout: false,
  AttachStderr: false,
  Tty: false,
  OpenStdin: false,
  StdinOnce: false,
  Image: '',
};

/** The configuration of the container that an image was committed from, before API 1.45: empty, as after a build. */
const noContainer = {
  ...unused,
  User: '',
  Env: null,
  Cmd: null,
  Volumes: null,
  WorkingDir: '',
  Entrypoint: null,
  OnBuild: null,
  Labels: null,
};

/** An image's inspection in the form that dockerd gives to clients of an API version. Pure. */
export function inspectionOf<T extends { readonly Config: object | null; readonly Size: number }>(
  image: T,
  version: string,
): object {
  const before = (other: string) => compareVersions(version, other) < 0;
  return {
    ...image,
    ...(before('1.50') || image.Config === null ? {} : { Config: withoutUnused(image.Config) }),
    ...(before('1.45') ? { ContainerConfig: noContainer } : {}),
    ...(before('1.44') ? { VirtualSize: image.Size } : {}),
  };
}

const withoutUnused = (config: object): object =>
  Object.fromEntries(Object.entries(config).filter(([name]) => !Object.hasOwn(unused, name)));

/** The same for an element of the list of images; `containers` counts those that use it, which clients see since API 1.51. */
export function summaryOf<T extends { readonly Size: number }>(
  image: T,
  version: string,
  containers: () => number,
): object {
  return {
    ...image,
    ...(compareVersions(version, '1.51') < 0 ? {} : { Containers: containers() }),
    ...(compareVersions(version, '1.44') < 0 ? { VirtualSize: image.Size } : {}),
  };
}
