import { posix } from 'node:path';
import { placed } from '../dockerfile/fault.ts';
import { heredocOf, heredocText } from '../dockerfile/heredoc.ts';
import type {
  CopyInstruction,
  Instruction,
  RunInstruction,
  WorkdirInstruction,
} from '../instruction/types.ts';
import { commandWords } from './apply-config.ts';
import { copyHistory, runHistory } from './history.ts';
import { readMount } from './mount.ts';
import { workdirOf } from './numbered.ts';
import { digestFault, remoteSource } from './remote-source.ts';
import type { StageDraft } from './stage-draft.ts';
import { defaultPath } from './stage-draft.ts';
import type { CopySource, Mount, Step, StepId, Tree } from './types.ts';

/** What an instruction that makes a layer needs from the plan around its stage. */
export interface StageSurroundings {
  readonly stage: number;
  readonly fresh: boolean;
  readonly add: (step: Step) => StepId;
  /** The tree of `COPY --from` or of a mount's `from`. */
  readonly tree: (name: string, what: 'copy' | 'mount', target: string) => Tree;
  /** The step's name, from the text of the instruction. */
  readonly name: (text: string) => string;
}

const proxies = ['HTTP_PROXY', 'HTTPS_PROXY', 'FTP_PROXY', 'NO_PROXY', 'ALL_PROXY'];

/** Applies an instruction that makes a layer. */
export function applyFiles(draft: StageDraft, instruction: Instruction, around: StageSurroundings): void {
  if (instruction.kind === 'run') applyRun(draft, instruction, around);
  else if (instruction.kind === 'copy' || instruction.kind === 'add') applyCopy(draft, instruction, around);
  else if (instruction.kind === 'workdir') applyWorkdir(draft, instruction, around);
}

function layer(draft: StageDraft, step: Step, createdBy: string, around: StageSurroundings): void {
  const id = around.add(step);
  draft.tree = { kind: 'step', step: id };
  draft.history.push({ createdBy, step: id });
}

function applyRun(draft: StageDraft, run: Instruction<RunInstruction>, around: StageSurroundings): void {
  const { range } = run;
  if (run.devices.length > 0)
    throw draft.fail(range, 'device feature is only supported in Dockerfile frontend 1.14.0-labs or later');
  if (run.security === 'insecure')
    throw draft.fail(range, 'failed to load LLB: security.insecure is not allowed');
  const network = (run.network ?? draft.options.network) as 'default' | 'none' | 'host';
  if (run.network === 'host' && draft.options.network !== 'host')
    throw draft.fail(range, 'failed to load LLB: network.host is not allowed');
  const mounts = run.mounts.map((text) =>
    placed(draft.source, range, () =>
      readMount(text, {
        directory: draft.directory,
        expand: (value) => draft.expand(value, range),
        tree: (name, target) => around.tree(name, 'mount', target),
      }),
    ),
  );
  const argv = commandWords(draft, run.command);
  if (argv.length === 0) throw draft.fail(range, 'failed to marshal LLB definition: arguments are required');
  const environment = [...draft.variables].map(([name, value]) => `${name}=${value}`);
  const hasPath = draft.variables.has('PATH');
  layer(
    draft,
    {
      kind: 'run',
      name: around.name(runName(draft, run, mounts)),
      stage: around.stage,
      range,
      fresh: around.fresh,
      base: draft.tree,
      argv,
      environment: hasPath ? environment : [...environment, defaultPath],
      unkeyedEnvironment: proxyVariables(draft),
      directory: draft.directory,
      user: draft.config.User ?? '',
      network,
      mounts,
      script: run.command.script,
      extraHosts: draft.options.extraHosts,
      shmSize: draft.options.shmSize,
      ulimits: draft.options.ulimits,
    },
    runHistory(draft.declared, argv),
    around,
  );
}

/** The name of a RUN: set variables are replaced by their value, quotes stay; a heredoc is represented by its first line. */
function runName(draft: StageDraft, run: Instruction<RunInstruction>, mounts: readonly Mount[]): string {
  const [doc] = run.node.heredocs;
  const alone = doc !== undefined && heredocOf(run.node.args[0] ?? '') !== undefined;
  const text = alone ? `${textOf(run)} (${firstLine(heredocText(doc))})` : textOf(run);
  return draft.shown(text, { rawQuotes: true, skipUnsetEnv: true }, secretVariables(mounts));
}

function firstLine(text: string): string {
  const [first = '', ...more] = text.trimEnd().split(/\r?\n/);
  return more.length > 0 ? `${first}...` : first;
}

const secretVariables = (mounts: readonly Mount[]): readonly string[] =>
  mounts.flatMap((mount) => (mount.type === 'secret' && mount.env !== undefined ? [mount.env] : []));

/** The instruction as written, with its keyword in capitals. */
const textOf = ({ keyword, node }: Instruction): string =>
  `${keyword}${node.original.trim().slice(keyword.length)}`;

function proxyVariables(draft: StageDraft): readonly string[] {
  const given = new Map([...draft.options.buildArgs].map(([name, value]) => [name.toUpperCase(), value]));
  return proxies.flatMap((name) => {
    const value = given.get(name);
    return value === undefined || value === '' ? [] : [`${name}=${value}`, `${name.toLowerCase()}=${value}`];
  });
}

function applyCopy(draft: StageDraft, copy: Instruction<CopyInstruction>, around: StageSurroundings): void {
  const { range, keyword } = copy;
  const expanded = (text: string | undefined) =>
    text === undefined ? undefined : draft.expand(text, range) || undefined;
  if (copy.from?.includes('$'))
    throw draft.fail(
      range,
      'variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope as a workaround',
    );
  const paths = copy.sources.map((source) => draft.expand(source, range));
  const destination = draft.expand(copy.destination, range);
  const documents = copy.documents.map(({ heredoc }) => {
    const content = heredocText(heredoc);
    return {
      name: heredoc.name,
      content: heredoc.expand
        ? draft.expand(content, range, { skipProcessQuotes: true, escapeToken: '\\' })
        : content,
    };
  });
  const checksum = checkedSum(draft, copy, paths);
  const chown = expanded(copy.chown);
  const chmod = expanded(copy.chmod);
  const sources: CopySource[] = [
    ...paths.map((path) => pathSource(copy, path, checksum, around)),
    ...documents.map((one): CopySource => ({ kind: 'document', ...one })),
  ];
  layer(
    draft,
    {
      kind: 'copy',
      name: around.name(draft.shown(textOf(copy), {})),
      stage: around.stage,
      range,
      fresh: around.fresh,
      base: draft.tree,
      from: copy.from === undefined ? { kind: 'context', name: '' } : around.tree(copy.from, 'copy', ''),
      sources,
      destination: destinationPath(draft.directory, destination),
      chown,
      chmod,
      excludes: copy.excludes,
      parents: copy.parents,
      link: copy.link && chmod === undefined && (chown === undefined || /^\d+(?::\d+)?$/.test(chown)),
      unpack: copy.kind === 'add' && copy.unpack !== false,
    },
    copyHistory({
      keyword,
      parents: copy.parents,
      chown,
      chmod,
      sources: paths,
      documents: documents.map(({ name }) => name),
      destination,
    }),
    around,
  );
}

/** A path in the context, or something to fetch. */
function pathSource(
  copy: Instruction<CopyInstruction>,
  path: string,
  checksum: string | undefined,
  { stage, add }: StageSurroundings,
): CopySource {
  const remote = copy.kind === 'add' ? remoteSource(path, copy.keepGitDir, checksum) : undefined;
  if (remote === undefined) return { kind: 'path', path };
  const { source, below } = remote;
  const step = add({ kind: 'fetch', name: path, stage, range: copy.range, fresh: false, source });
  const unpack = source.kind === 'http' && copy.unpack === true;
  return { kind: 'path', path: below, other: { from: { kind: 'step', step }, unpack } };
}

/** A destination below the root; a slash at the end marks a directory. */
export function destinationPath(directory: string, destination: string): string {
  const path = posix.resolve('/', directory, destination);
  const marked = destination === '' || /(?:^|\/)\.?$/.test(destination);
  return marked && path !== '/' ? `${path}/` : path;
}

/** The value of ADD's `--checksum`, after checking that the sources allow it. */
function checkedSum(
  draft: StageDraft,
  copy: Instruction<CopyInstruction>,
  paths: readonly string[],
): string | undefined {
  const remote = paths.map((path) => remoteSource(path, false, undefined)?.source).find(Boolean);
  if (copy.kind === 'copy') {
    if (remote === undefined) return undefined;
    const what = remote.kind === 'git' ? 'git ref' : 'URL';
    throw draft.fail(copy.range, `source can't be a ${what} for COPY`);
  }
  const checksum = copy.checksum && draft.expand(copy.checksum, copy.range);
  if (checksum === undefined || checksum === '') return undefined;
  if (copy.sources.length > 1)
    throw draft.fail(copy.range, "checksum can't be specified for multiple sources");
  if (remote === undefined) throw draft.fail(copy.range, 'checksum requires HTTP(S) or Git sources');
  const fault = remote.kind === 'http' ? digestFault(checksum) : undefined;
  if (fault !== undefined) throw draft.fail(copy.range, fault);
  return checksum;
}

function applyWorkdir(
  draft: StageDraft,
  instruction: Instruction<WorkdirInstruction>,
  around: StageSurroundings,
): void {
  const { range } = instruction;
  const given = draft.expand(instruction.value, range);
  const written = workdirOf(draft, given);
  const path = posix.resolve('/', written);
  if (!given.startsWith('/') && !draft.workdirSet)
    draft.warn(
      'WorkdirRelativePath',
      range,
      `Relative workdir ${JSON.stringify(given)} can have unexpected results if the base image changes`,
    );
  draft.workdirSet = true;
  draft.config = { ...draft.config, WorkingDir: written };
  if (written === '/') {
    draft.note(`WORKDIR ${written}`);
    return;
  }
  layer(
    draft,
    {
      kind: 'workdir',
      name: around.name(draft.shown(textOf(instruction), {})),
      stage: around.stage,
      range,
      fresh: false,
      base: draft.tree,
      path,
      user: draft.config.User ?? '',
    },
    `WORKDIR ${written}`,
    around,
  );
}
