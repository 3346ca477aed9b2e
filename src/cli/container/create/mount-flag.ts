import type { MountRequest } from '../../../engine/api/host-config.ts';
import { TcomposeError } from '../../../errors.ts';
import { parseSize } from '../../arguments/sizes.ts';

/**
 * `type=bind,source=/a,target=/b,readonly` (docker's --mount). `absolute` makes a source path absolute.
 * @throws TcomposeError CLI_USAGE naming the key
 */
export function parseMount(spec: string, absolute: (path: string) => string): MountRequest {
  const fail = (why: string): never => {
    throw new TcomposeError('CLI_USAGE', `invalid --mount "${spec}": ${why}`, {
      hint: 'Example: --mount type=bind,source=/data,target=/srv,readonly',
    });
  };
  let type = 'volume';
  let source = '';
  let target = '';
  let readOnly = false;
  const bind: { Propagation?: string; NonRecursive?: boolean; CreateMountpoint?: boolean } = {};
  const volume: { NoCopy?: boolean; Subpath?: string } = {};
  const tmpfs: { SizeBytes?: number; Mode?: number } = {};
  for (const field of spec.split(',')) {
    const equals = field.indexOf('=');
    const key = (equals < 0 ? field : field.slice(0, equals)).toLowerCase();
    const value = equals < 0 ? 'true' : field.slice(equals + 1);
    const truth = value === 'true' || value === '1';
    if (key === 'type') type = value;
    else if (key === 'source' || key === 'src') source = value;
    else if (key === 'target' || key === 'dst' || key === 'destination') target = value;
    else if (key === 'readonly' || key === 'ro') readOnly = truth;
    else if (key === 'bind-propagation') bind.Propagation = value;
    else if (key === 'bind-recursive') bind.NonRecursive = value === 'disabled';
    else if (key === 'bind-nonrecursive') bind.NonRecursive = truth;
    else if (key === 'volume-nocopy') volume.NoCopy = truth;
    else if (key === 'volume-subpath') volume.Subpath = value;
    else if (key === 'tmpfs-size') tmpfs.SizeBytes = parseSize(value, 'tmpfs-size');
    else if (key === 'tmpfs-mode') tmpfs.Mode = Number.parseInt(value, 8);
    else fail(`unknown key "${key}"`);
  }
  if (type !== 'bind' && type !== 'volume' && type !== 'tmpfs') return fail(`unknown type "${type}"`);
  if (target === '') fail('target is missing');
  if (type === 'bind' && source === '') fail('a bind needs a source');
  return {
    Type: type,
    Target: target,
    ReadOnly: readOnly,
    ...(source === '' ? {} : { Source: type === 'bind' ? absolute(source) : source }),
    ...(type === 'bind' && Object.keys(bind).length > 0 ? { BindOptions: bind } : {}),
    ...(type === 'volume' && Object.keys(volume).length > 0 ? { VolumeOptions: volume } : {}),
    ...(type === 'tmpfs' && Object.keys(tmpfs).length > 0 ? { TmpfsOptions: tmpfs } : {}),
  };
}

/** A `-v` value: a source that is a path becomes absolute, a name stays a name; just one path is an anonymous volume. */
export function parseVolume(
  spec: string,
  absolute: (path: string) => string,
): { bind?: string; anonymous?: string } {
  const colon = spec.indexOf(':');
  if (spec === '' || colon === 0)
    throw new TcomposeError(
      'CLI_USAGE',
      `invalid --volume "${spec}": it is not of the form [SOURCE:]TARGET[:OPTIONS]`,
    );
  if (colon < 0) return { anonymous: spec };
  const source = spec.slice(0, colon);
  const isPath = /^[./~]/.test(source) || source.includes('/');
  return { bind: (isPath ? absolute(source) : source) + spec.slice(colon) };
}
