import type { ErrorCode } from '../error-codes.ts';
import type { Topic } from './finding.ts';

/**
 * Errors whose cause may be the machine, and which topics to check then. Errors that already say what is wrong with the
 * machine and how to fix it (a taken port, no user namespace) are not listed.
 */
const smells: Readonly<Partial<Record<ErrorCode, readonly Topic[]>>> = {
  CLI_WATCH: ['inotify'],
  ENGINE_START_FAILED: ['kernel', 'namespaces', 'disk', 'limits', 'clock', 'engine'],
  ENGINE_DISK_FULL: ['disk'],
  ENGINE_STATE_CORRUPT: ['disk', 'engine'],
  ENGINE_KEEPER: ['limits', 'engine'],
  ENGINE_START_CONTAINER: ['kernel', 'namespaces', 'storage', 'disk', 'limits'],
  RUNTIME_SPAWN: ['namespaces', 'limits'],
  RUNTIME_LAUNCH: ['kernel', 'namespaces', 'storage', 'disk', 'limits'],
  RUNTIME_RESOURCES: ['cgroups'],
  RUNTIME_COMMAND: ['platforms'],
  IMAGE_PLATFORM: ['platforms'],
  IMAGE_NO_SPACE: ['disk'],
  IMAGE_STORE: ['disk'],
  NETWORK_SETUP_FAILED: ['kernel', 'networks', 'limits'],
  REGISTRY_UNREACHABLE: ['resolver', 'outside'],
  REGISTRY_TLS: ['clock'],
  SYS_CALL_FAILED: ['kernel', 'namespaces', 'disk', 'limits'],
};

/** The topics to check after errors with these codes. Pure. */
export function topicsFor(codes: readonly ErrorCode[]): readonly Topic[] {
  return [...new Set(codes.flatMap((code) => smells[code] ?? []))];
}
