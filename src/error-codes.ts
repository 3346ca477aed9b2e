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
  INTERNAL: 'A bug in tcompose: a state the code holds to be impossible.',
} as const;

export type ErrorCode = keyof typeof errorCodes;
