/**
 * Every error code of tcompose, with the sentence that docs/errors.md shows for it. Grouped by area, which is the
 * code's prefix; `npm run generate` writes docs/errors.md from this table and a test checks that they agree.
 */
export const errorCodes = {
  // cli
  CLI_USAGE: 'The command line is wrong: an unknown command or flag, or a missing or contradictory value.',
  CLI_NOT_YET: 'A command, flag or attribute of Compose that tcompose does not support yet.',
  CLI_INTERRUPTED: 'The command was interrupted before it was done.',
  CLI_CREDENTIALS:
    'Credentials for a registry could not be stored or removed; the message names the file or helper.',
  CLI_WATCH:
    'Files are not being watched, or no longer, for example because another process is watching the project; the message says why.',
  CLI_NOT_ROOT: 'This command needs root; the message says why.',
  // engine
  ENGINE_START_FAILED: 'The engine could not be started; the message quotes its last log lines.',
  ENGINE_UNREACHABLE: 'The engine (or the one DOCKER_HOST names) does not answer on its socket.',
  ENGINE_API_VERSION: 'The engine that DOCKER_HOST names is too old for this client.',
  ENGINE_API: 'The engine refused a request; the message is its answer.',
  ENGINE_BAD_PARAMETER: 'A request to the engine is malformed or asks for something impossible (HTTP 400).',
  ENGINE_NOT_FOUND:
    'The container, image, network, volume or exec named in a request does not exist (HTTP 404).',
  ENGINE_CONFLICT:
    'A request contradicts the state of things: a name in use, a container running (HTTP 409).',
  ENGINE_NOT_MODIFIED:
    'A request asks for a state that already holds, such as starting a running container (HTTP 304).',
  ENGINE_UNAVAILABLE: 'The request needs a service that this engine does not have.',
  ENGINE_NOT_IMPLEMENTED: 'An Engine API feature that this engine does not support (HTTP 501).',
  ENGINE_STATE_NEWER:
    'The state directory was written by a newer version, whose format this one cannot read.',
  ENGINE_STATE_CORRUPT: 'A file in the state directory is damaged or invalid; the message names it.',
  ENGINE_DISK_FULL:
    'The disk with the state of the engine is full. Containers keep running; requests that need to write are refused.',
  ENGINE_FORBIDDEN: 'The engine does not allow this; a predefined network, for example, cannot be removed.',
  ENGINE_ROOTLESS:
    'An engine without root needs a user namespace, which this machine does not allow; the hint is the command to allow it.',
  ENGINE_LOCKED: 'Another engine holds the lock of this state directory.',
  ENGINE_KEEPER: 'The keeper, the process that starts containers, has ended or refused a request.',
  ENGINE_SERVICE:
    'The service that starts the engine at boot could not be installed or removed; the message says why.',
  ENGINE_START_CONTAINER: 'A container or exec could not be started; the message names the step and why.',
  // runtime: launch plan and shim protocol
  RUNTIME_PLAN:
    'A launch plan cannot be encoded or decoded: it has the wrong version, is cut off or has an impossible value.',
  RUNTIME_PROTOCOL:
    'A frame from the keeper or a shim is not understood, or the sender uses another protocol version.',
  RUNTIME_SPAWN: 'The keeper could not start a shim; the message carries the system call and its error.',
  RUNTIME_SHIM: 'A shim refused a request; the message carries the system call and its error.',
  RUNTIME_GONE: 'The keeper or shim at the other end of a connection has gone.',
  RUNTIME_CAPABILITY: 'A capability in cap_add or cap_drop does not exist.',
  RUNTIME_SECCOMP: 'A seccomp profile cannot be read, parsed or compiled.',
  RUNTIME_SECURITY_OPT: 'A security option is not understood.',
  RUNTIME_USER: 'The user or group that a container is to run as is not in its account files.',
  RUNTIME_SYSCTL: 'A sysctl that does not belong to the namespaces the container owns.',
  RUNTIME_ULIMIT: 'A ulimit has an unknown name or a soft limit above its hard limit.',
  RUNTIME_RESOURCES: 'Resource limits contradict each other or are out of range.',
  RUNTIME_NAMESPACE:
    'A pid, ipc, network, uts, cgroup or user namespace mode is not understood or not possible.',
  RUNTIME_MOUNT:
    'A mount of a container is not possible: a relative target, an unknown option, a forbidden place.',
  RUNTIME_DEVICE: 'A device or device rule is not understood.',
  RUNTIME_NO_COMMAND: 'Neither the image nor the request says which command to run.',
  RUNTIME_LAUNCH: 'A container could not be started; the message names the step and why.',
  RUNTIME_COMMAND:
    'The command of a container or exec is missing, not executable or of another architecture.',
  RUNTIME_CONFIG: 'The file engine.json, which names other OCI runtimes, is not valid.',
  RUNTIME_UNKNOWN: 'A container asks for a runtime that is neither configured nor found on this machine.',
  RUNTIME_FOREIGN: 'Another OCI runtime could not carry out a call; the message is its own.',
  RUNTIME_BUNDLE: 'An OCI bundle or the state of an OCI container cannot be used.',
  // compose: finding, reading, merging
  COMPOSE_NO_FILE: 'No compose file was found, or one that was named does not exist or cannot be read.',
  COMPOSE_PROJECT_NAME: 'A project name with characters that are not allowed, or none at all.',
  COMPOSE_ENV_FILE: 'An environment or label file is missing, unreadable or malformed.',
  COMPOSE_YAML: 'A compose file is not well-formed YAML: the place and what was expected are shown.',
  COMPOSE_DUPLICATE_KEY: 'A mapping has the same key twice.',
  COMPOSE_TOO_LARGE: 'A compose file is larger, deeper or more repetitive than can be loaded.',
  COMPOSE_INTERPOLATION: 'A value has a malformed variable reference; a literal $ is written $$.',
  COMPOSE_VARIABLE_REQUIRED: 'A variable that the compose file requires is not set, or is empty.',
  COMPOSE_INCLUDE: 'An include names a missing file, goes in a circle, or is not understood.',
  COMPOSE_EXTENDS: 'An extends that names a missing service or file, or goes in a circle.',
  COMPOSE_MERGE: 'Two files give one attribute values that cannot be merged.',
  COMPOSE_REMOTE:
    'A compose file cannot be fetched from the registry or repository that was named; the message says why.',
  COMPOSE_NO_SUCH_SERVICE: 'A service selected by name or pattern is not in the project.',
  // compose: form, values, consistency
  COMPOSE_UNKNOWN_ATTRIBUTE: 'An attribute the Compose Specification does not have, often a typing mistake.',
  COMPOSE_TYPE: 'A value has the wrong type: a mapping where a list is expected, for example.',
  COMPOSE_MISSING_ATTRIBUTE: 'An attribute that must be there is missing.',
  COMPOSE_INVALID_VALUE: 'A value is outside what its attribute allows, or cannot be parsed.',
  COMPOSE_INVALID_NAME: 'The name of a service, network, volume, … has a character that is not allowed.',
  COMPOSE_DUPLICATE: 'Two things that must differ are the same: list items, mount targets, container names.',
  COMPOSE_SHORT_SYNTAX: 'A port, volume or device in short form cannot be parsed.',
  COMPOSE_EXCLUSIVE: 'Two attributes exclude or contradict each other.',
  COMPOSE_UNDEFINED: 'A service, network, volume, secret, config or model is used but not defined.',
  COMPOSE_CYCLE: 'Services depend on each other in a circle.',
  COMPOSE_NO_IMAGE: 'A service that says neither which image to run nor how to build one.',
  INTERNAL: 'A bug in tcompose: a state that its code takes to be impossible.',
  // build
  BUILD_DOCKERFILE: 'A Dockerfile is not understood; the lines and what is wrong with them are shown.',
  BUILD_EXPANSION: 'Variables, quotes or escapes in a Dockerfile cannot be resolved.',
  BUILD_STEP: 'A step of a build failed: a command ended with an error, a file is not there.',
  BUILD_CONTEXT: 'A build context or its Dockerfile cannot be found or read.',
  BUILD_NOT_YET: 'Part of a build that tcompose does not support yet.',
  BUILD_IGNORE: 'A .dockerignore file or one of its patterns cannot be read.',
  // image
  IMAGE_REFERENCE: 'An image name breaks the rules for names; the message says which.',
  IMAGE_NOT_FOUND: 'No image on this machine has that name or id.',
  IMAGE_AMBIGUOUS: 'An abbreviated image id fits several images.',
  IMAGE_IN_USE: 'The image cannot be removed: containers are made from it, or it is the built-in one.',
  IMAGE_ARCHIVE: 'An image or root file system archive cannot be used: truncated, corrupt, or not a tar.',
  IMAGE_BLOB: 'A blob does not have the size or digest that it was announced with.',
  IMAGE_CONFIG:
    'The configuration or the manifest of an image is not valid, or the two contradict each other.',
  IMAGE_PLATFORM: 'A platform is not understood, or there is no image for it.',
  IMAGE_NO_SPACE:
    'The disk has no room for an image; the message says how much is free and how much is needed.',
  IMAGE_CHANGE: 'A --change instruction is not understood.',
  IMAGE_STORE: 'The image store could not be read or written; the message names the file and the cause.',
  // registry
  REGISTRY_CONFIG:
    'A setting about registries or images, in engine.json or a file that it refers to, is not valid.',
  REGISTRY_BLOCKED: "A registry is blocked on this machine by podman's registries.conf.",
  REGISTRY_UNREACHABLE: 'A registry cannot be reached or stopped answering; the message says how far it got.',
  REGISTRY_TLS:
    'The certificate of a registry is not trusted, or it speaks no TLS; the hint names the places for certificates.',
  REGISTRY_PROXY: 'A proxy variable is not understood, or the proxy refused; the message names the variable.',
  REGISTRY_DENIED: 'A registry does not let this user in; the message says where the credentials came from.',
  REGISTRY_NOT_FOUND: 'The registry has no such repository, tag or digest.',
  REGISTRY_LIMIT:
    'The registry accepts no more requests for now; the message says when it will again, if that is known.',
  REGISTRY_FAILED: 'A registry answered with an error of its own, again and again.',
  REGISTRY_CONTENT:
    'What a registry sent is not what was asked for: a digest, a size or a manifest is wrong.',
  REGISTRY_UNSUPPORTED: 'What the reference names is not a container image, or is in an obsolete format.',
  REGISTRY_PUSH: 'An image cannot be pushed; the message says which part of it and why.',
  // network
  NETWORK_OPTION: 'A network option or driver is unknown, or an option has a value that is not allowed.',
  NETWORK_POOL_OVERLAP: 'The subnet asked for overlaps with the subnet of another network, which is named.',
  NETWORK_POOLS_EXHAUSTED: 'No default address pool is free for a new network.',
  NETWORK_POOL_FULL: 'Every address of the network is in use.',
  NETWORK_ADDRESS_INVALID: 'An address is malformed or is outside its subnet.',
  NETWORK_ADDRESS_IN_USE: 'The address asked for belongs to another container, the gateway, or is reserved.',
  NETWORK_PORT_IN_USE:
    'A port to be published is taken; the message names the process or container that holds it.',
  NETWORK_PORT_INVALID:
    'A port mapping is not possible: a port is out of range, or the machine does not have the address.',
  NETWORK_SETUP_FAILED:
    'The kernel refused to set up a bridge, an interface or a firewall entry; the message quotes it.',
  // project: plan and execution
  PROJECT_UNSUPPORTED: 'Something that the compose file asks for is not possible on a single machine.',
  PROJECT_SAME_NAME:
    'Another directory has a project of the same name, and neither was given a name explicitly.',
  PROJECT_NAME: 'No project name is known: there is no compose file and none was given.',
  PROJECT_SERVICE_UNKNOWN: 'No service of the project has that name, or the service has no container.',
  PROJECT_EXTERNAL_MISSING: 'A network or volume declared external does not exist.',
  PROJECT_IMAGE_MISSING: 'An image a service needs is not on this machine and cannot be fetched.',
  PROJECT_FILE_MISSING: 'The file of a config or secret does not exist or cannot be read.',
  PROJECT_DEPENDENCY:
    'A dependency did not become ready; the message shows its last output and who waits for it.',
  PROJECT_STEP: 'A step of a plan failed; the message is the reason the engine gave.',
  PROJECT_WAIT_TIMEOUT: 'The services were not ready within --wait-timeout.',
  // sys
  SYS_CALL_FAILED: 'A system call failed; the message names it and its errno.',
} as const;

export type ErrorCode = keyof typeof errorCodes;
