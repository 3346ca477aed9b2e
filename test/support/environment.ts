/** Variables of whoever runs the tests that would change what tcompose, Node, npm, vitest or a terminal does. */
const foreign =
  /^(COMPOSE_|DOCKER_|TCOMPOSE_|BUILDKIT_|npm_|VITEST|NODE_OPTIONS$|NODE_ENV$|NODE_PATH$|NODE_DEBUG|NO_COLOR$|FORCE_COLOR$|CLICOLOR|CI$|TEST$|DEV$|PROD$|MODE$|LC_|LANGUAGE$)/;

/** This process's environment without them, in a UTF-8 locale every machine has. */
export function plainEnvironment(): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !foreign.test(entry[0]),
  );
  return { ...Object.fromEntries(kept), LANG: 'C.UTF-8' };
}
