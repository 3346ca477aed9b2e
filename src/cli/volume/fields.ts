import type { VolumeInspect } from '../../engine/api/volume.ts';
import { labelsText } from '../render/listing.ts';

/** A volume in the fields of `--format`, which are Docker's. Counting its users and size is left to `system df -v`. */
export const volumeFields = (volume: VolumeInspect) => ({
  Availability: 'N/A',
  CreatedAt: volume.CreatedAt,
  Driver: volume.Driver,
  Group: 'N/A',
  Labels: labelsText(volume.Labels),
  Links: 'N/A',
  Mountpoint: volume.Mountpoint,
  Name: volume.Name,
  Scope: volume.Scope,
  Size: 'N/A',
  Status: 'N/A',
});
