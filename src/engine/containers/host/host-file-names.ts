import { join } from 'node:path';

/** Paths on the host. */
export interface HostFiles {
  readonly hosts: string;
  readonly hostname: string;
  readonly resolvConf: string;
}

/** Where the files are that get mounted over those of the image. */
export const hostFilesIn = (runDir: string): HostFiles => ({
  hosts: join(runDir, 'hosts'),
  hostname: join(runDir, 'hostname'),
  resolvConf: join(runDir, 'resolv.conf'),
});

/** Names and modes of these files in a run directory. */
export const hostFileModes: readonly (readonly [string, number])[] = [
  ['hosts', 0o644],
  ['hostname', 0o644],
  ['resolv.conf', 0o644],
];
