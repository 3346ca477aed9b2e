/**
 * Docker Compose 2.40's own sentences for a mistake or a state, as it prints them. Scripts look for them, so our
 * message about the same thing begins with the sentence; place, cause and remedy follow.
 * `test/e2e/compose-words.test.ts` checks this.
 */
export const composeWords = {
  notRunning: (service: string) => `service "${service}" is not running`,
  notRunningNumber: (service: string, index: number) =>
    `service "${service}" is not running container #${index}`,
  noContainerToCopy: (service: string) => `no container found for service "${service}"`,
  nothingToStart: (service: string) => `service "${service}" has no container to start`,
  noContainer: (project: string) => `no container found for project "${project}"`,
  noContainersToWaitFor: (project: string) => `no containers for project "${project}"`,
  paused: (container: string) => `Container ${container} is paused, unpause the container before exec`,
  nothingToRemove: (project: string) => `No resource found to remove for project "${project}".`,
  nothingStopped: 'No stopped containers',
  nothingToKill: 'no container to kill',
  noServiceSelected: 'no service selected',
  notHealthyAfter: (seconds: number) => `application not healthy after ${seconds}s`,
  unhealthy: (container: string) => `container ${container} is unhealthy`,
  exited: (container: string, code: number | string) => `container ${container} exited (${code})`,
  noHealthcheck: (container: string) => `container ${container} has no healthcheck configured`,
  dependencyFailed: (why: string) => `dependency failed to start: ${why}`,
  notCompleted: (service: string, code: number | string) =>
    `service "${service}" didn't complete successfully: exit ${code}`,
  optionalNotCompleted: (service: string, code: number | string) =>
    `optional dependency "${service}" didn't complete successfully: exit ${code}`,
  optionalFailed: (service: string, why: string) =>
    `optional dependency "${service}" failed to start: ${why}`,
  externalNetwork: (name: string) => `network ${name} declared as external, but could not be found`,
  externalVolume: (name: string) => `external volume "${name}" not found`,
  externalObject: (kind: 'secret' | 'config', name: string) => `unsupported external ${kind} ${name}`,
  containerMissing: (what: string, service: string) =>
    `cannot share ${what} with service ${service}: container missing`,
  hookFailed: (service: string, code: number) => `${service} hook exited with status ${code}`,
  incompatible: (a: string, b: string) => `--${a} and --${b} are incompatible`,
  cannotBeCombined: (flag: string, others: readonly string[]) =>
    `--${flag} cannot be combined with ${others
      .map((other) => `--${other}`)
      .join(', ')
      .replace(/, ([^,]*)$/, ' or $1')}`,
  notAScale: (pair: string) => `invalid scale specifier: can't parse replica value as int: ${pair}`,
  notAScaleOption: (pair: string) => `invalid --scale option ${JSON.stringify(pair)}. Should be SERVICE=NUM`,
  unknownFilter: (key: string) => `unknown filter ${key}`,
  notATime: (flag: string, text: string) =>
    `invalid value for "${flag}": failed to parse value as time or duration: "${text}"`,
  invalidChoice: (flag: string, text: string) => `invalid value for --${flag}: "${text}"`,
  tooFewArguments: (least: number, given: number) =>
    `requires at least ${least} arg(s), only received ${given}`,
  copyDirection: 'unknown copy direction',
} as const;
