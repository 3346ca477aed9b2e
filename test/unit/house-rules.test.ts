import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../src');

const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
  (name) => /\.(?:ts|c|h)$/.test(name) && !name.includes('generated/'),
);
const sources = files
  .filter((name) => name.endsWith('.ts'))
  .map((name) => ({ name, text: readFileSync(join(root, name), 'utf8') }));

/** Most files in one folder, its sub-folders aside. */
const mostFiles = 20;
/** Folders that may have more, and why. */
const crowded: Readonly<Record<string, string>> = {
  project: 'the stages observe, plan and execute and the words they share',
  'runtime/native/init': 'a file for each step of setting a container up',
};

/** Most lines of one function. */
const mostLines = 60;
/** Functions that may have more, and why. */
const longFunctions: Readonly<Record<string, readonly string[]>> = {
  'a table: a line or two for each of many things of a kind': [
    'cli/container/create/host-config.ts hostConfig',
    'cli/oci/bundle/default-spec.ts defaultSpec',
    'engine/client/containers.ts containerCalls',
    'engine/routes/archive.ts archiveRoutes',
    'engine/routes/containers.ts containerRoutes',
    'engine/routes/images.ts imageRoutes',
    'engine/routes/networks.ts networkRoutes',
    'engine/routes/system.ts infoOf',
    'engine/routes/volumes.ts volumeRoutes',
    'project/create-body/index.ts containerSpec',
    'runtime/launch/build-exec-plan.ts buildExecPlan',
    'runtime/launch/explain-failure.ts explainSetup',
    'runtime/shim/shim-codec.ts readShimEvent',
    'runtime/spec/oci-spec.ts generateSpec',
  ],
  'a walk through cases that a table would hide': [
    'cli/arguments/parse-args.ts parseArgs',
    'compose/yaml/block.ts readContent',
    'engine/containers/spec/mount-spec.ts parseMount',
    'engine/logs/read-log.ts readFiles',
  ],
  'an order of steps, each a line or two, told from top to bottom': [
    'cli/commands/inside/run.ts run',
    'engine/containers/lifecycle/prepare-start.ts prepare',
    'engine/containers/spec/create.ts createContainer',
    'engine/exec/exec-process.ts startExec',
    'engine/process/assemble.ts assemble',
  ],
  'an object made of functions over one private state': [
    'engine/build/cache-store.ts openCacheStore',
    'engine/client/transport.ts createTransport',
    'engine/containers/registry.ts createContainerRegistry',
    'engine/events/journal.ts openJournal',
    'engine/http/open-streams.ts createOpenStreams',
    'engine/http/plain-channel.ts plainChannel',
    'engine/http/server.ts createApiServer',
    'engine/networks.ts openNetworks',
    'engine/store/trash.ts openTrash',
    'engine/volumes.ts openVolumes',
    'image/store/image-store.ts createImageStore',
    'image/jobs/thread-jobs.ts threadJobs',
    'network/dns/forwarder.ts createForwarder',
    'network/dns/names.ts createNameTable',
    'network/dns/server.ts serveDns',
    'network/network-table.ts createNetworkTable',
    'network/nftables/firewall.ts createFirewall',
    'registry/auth/authority.ts createAuthority',
    'registry/http/session.ts openSession',
    'runtime/shim/keeper-client.ts connectKeeper',
    'runtime/shim/shim-client.ts connectShim',
    'sys/netlink-socket.ts openNetlink',
  ],
};

describe('src', () => {
  it(`has no folder of more than ${mostFiles} files without a reason`, () => {
    const counts = new Map<string, number>();
    for (const name of files) counts.set(dirname(name), (counts.get(dirname(name)) ?? 0) + 1);
    const over = [...counts].filter(([folder, count]) => count > mostFiles && crowded[folder] === undefined);
    expect(over).toEqual([]);
  });

  it(`has no function of more than ${mostLines} lines without a reason`, () => {
    const allowed = new Set(Object.values(longFunctions).flat());
    const long = sources
      .flatMap(({ name, text }) => functionsOf(text).map((one) => ({ ...one, what: `${name} ${one.name}` })))
      .filter(({ lines, what }) => lines > mostLines && !allowed.has(what));
    expect(long.map(({ what, lines }) => `${what}: ${lines} lines`)).toEqual([]);
  });

  it('has no circle of imports, of values or of types', () => {
    expect(circles(new Map(sources.map(({ name, text }) => [name, importsOf(name, text)])))).toEqual([]);
  });
});

describe('the rules themselves', () => {
  it('see a long function however it is written', () => {
    const body = '  x();\n'.repeat(70);
    for (const head of [
      'function f() {',
      'export async function f(\n  a: number,\n): Promise<void> {',
      'const f = async (a: number): Promise<void> => {',
      'export const f = (\n  a: number,\n): void => {',
    ])
      expect(functionsOf(`${head}\n${body}}\n`).filter(({ lines }) => lines > mostLines)).toMatchObject([
        { name: 'f' },
      ]);
    expect(functionsOf(`const table = {\n${body}};\n`)).toEqual([]);
  });

  it('see a circle, and where it is', () => {
    const edges = new Map([
      ['a', ['b']],
      ['b', ['c', 'd']],
      ['c', ['b']],
      ['d', []],
    ]);
    expect(circles(edges)).toEqual(['b -> c -> b']);
  });
});

/** Functions with a name and a body, by the formatter's indentation: the first line to the brace that closes the body. */
function functionsOf(text: string): { readonly name: string; readonly lines: number }[] {
  const lines = text.split('\n');
  const head =
    /^(\s*)(?:export )?(?:default )?(?:(?:async )?function\*? ?(\w*)|const (\w+)\b.*(?:=>|\()|(?:(?:private|static|override|async|get|set) )*(#?\w+)(?:<[^>]*>)?\()/;
  const word = /^(?:if|for|while|switch|catch|return|await|throw|new|super|do|else)$/;
  return lines.flatMap((line, start) => {
    const [, indent, declared, assigned, method] = head.exec(line) ?? [];
    if (indent === undefined || word.test(method ?? '')) return [];
    const open = bodyAfter(lines, start, indent);
    if (open === undefined) return [];
    const end = lines.findIndex((other, at) => at > open && other.startsWith(`${indent}}`));
    return end < 0 ? [] : [{ name: declared || assigned || method || '', lines: end - start + 1 }];
  });
}

/** The line that opens the body of what begins at `start`; undefined for what has none. */
function bodyAfter(lines: readonly string[], start: number, indent: string): number | undefined {
  const opens = (line: string) =>
    /(?:\)|[\w>\]}])\s*(?:=> )?\{$/.test(line) && !/[=:(]\s*\{$/.test(line.replace(/=> \{$/, ''));
  if (lines[start]!.endsWith('{')) return opens(lines[start]!) ? start : undefined;
  for (let at = start + 1; at < lines.length; at++) {
    const line = lines[at]!;
    if (line.startsWith(`${indent})`)) return line.endsWith('{') && opens(line) ? at : undefined;
    if (line.trim() !== '' && !line.startsWith(`${indent} `)) return undefined;
  }
  return undefined;
}

function importsOf(name: string, text: string): string[] {
  const statement =
    /^(?:import|export)\s+(?:type\s+)?(?:[\w$*,\s]|\{[^}]*\})*?(?:\sfrom\s)?\s*'(\.[^']+)';/gm;
  const dynamic = /\bimport\(\s*'(\.[^']+)'\s*\)/g;
  return [...text.matchAll(statement), ...text.matchAll(dynamic)].map(([, target = '']) =>
    relative('.', join(dirname(name), target)),
  );
}

/** A circle for each edge that leads back to a node on the way, as `a -> b -> a`. */
function circles(edges: ReadonlyMap<string, readonly string[]>): string[] {
  const found: string[] = [];
  const left = new Set<string>();
  const way: string[] = [];
  const visit = (node: string) => {
    way.push(node);
    for (const next of edges.get(node) ?? []) {
      const at = way.indexOf(next);
      if (at >= 0) found.push([...way.slice(at), next].join(' -> '));
      else if (!left.has(next)) visit(next);
    }
    way.pop();
    left.add(node);
  };
  for (const node of edges.keys()) if (!left.has(node)) visit(node);
  return found;
}
