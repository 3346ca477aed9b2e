/**
 * Every error code tcompose can raise, with the sentence that docs/errors.md shows for it. Grouped by area, the area
 * being the code's prefix; `npm run generate` writes docs/errors.md from this table and a test holds them together.
 */
export const errorCodes = {
  // cli
  CLI_USAGE:
    'The command line is not understood: an unknown command or flag, a missing or a contradictory value.',
  CLI_NOT_ROOT: 'Containers need root on this machine for now; the message says what is missing.',
  // engine
  ENGINE_START_FAILED: 'The engine could not be started; the message quotes its last log lines.',
  ENGINE_UNREACHABLE: 'The engine (or the one DOCKER_HOST names) does not answer on its socket.',
  ENGINE_API: 'The engine refused a request; the message is its answer.',
  ENGINE_BAD_PARAMETER: 'A request to the engine is malformed or asks for something impossible (HTTP 400).',
  ENGINE_NOT_FOUND:
    'The container, image, network, volume or exec named in a request does not exist (HTTP 404).',
  ENGINE_CONFLICT:
    'A request contradicts the state of things: a name in use, a container running (HTTP 409).',
  ENGINE_NOT_MODIFIED:
    'A request asks for what is already so, such as starting a running container (HTTP 304).',
  ENGINE_NOT_IMPLEMENTED: 'An Engine API feature that this engine does not carry out (HTTP 501).',
  ENGINE_STATE_NEWER:
    'The state directory was written by a newer version, whose format this one cannot read.',
  ENGINE_STATE_CORRUPT: 'A file of the state directory is not what it should be; the message names it.',
  ENGINE_LOCKED: 'Another engine holds the lock of this state directory.',
  ENGINE_KEEPER: 'The keeper, the process that starts containers, is gone or refused.',
  ENGINE_START_CONTAINER: 'A container or exec could not be started; the message names the step and why.',
  // runtime: launch plan and shim protocol
  RUNTIME_PLAN:
    'A launch plan cannot be encoded or decoded: a wrong version, a cut-off or an impossible value.',
  RUNTIME_PROTOCOL:
    'A frame of the keeper or a shim is not understood, or it speaks another protocol version.',
  RUNTIME_SPAWN: 'The keeper could not start a shim; the message carries the system call and its error.',
  RUNTIME_SHIM: 'A shim refused a request; the message carries the system call and its error.',
  RUNTIME_GONE: 'The keeper or shim at the other end of a connection has gone.',
  INTERNAL: 'A bug in tcompose: a state the code holds to be impossible.',
  // image
  IMAGE_REFERENCE: 'An image name breaks the rules for names; the message says which.',
  IMAGE_NOT_FOUND: 'No image on this machine has that name or id.',
  IMAGE_AMBIGUOUS: 'An abbreviated image id fits several images.',
  IMAGE_IN_USE: 'The image can not be removed: containers are made from it, or it is the built-in one.',
  IMAGE_ARCHIVE: 'An image or root file system archive can not be used: truncated, corrupt, or not a tar.',
  IMAGE_CHANGE: 'A --change instruction is not understood.',
  IMAGE_STORE: 'The image store could not be read or written; the message names the file and the cause.',
  // sys
  SYS_CALL_FAILED: 'A system call failed; the message names it and its errno.',
} as const;

export type ErrorCode = keyof typeof errorCodes;
