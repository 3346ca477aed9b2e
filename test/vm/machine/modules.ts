import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Module name (`nf_tables`, hyphens as underscores) → path below the modules directory. */
export type ModuleIndex = ReadonlyMap<string, string>;

/** All modules of a kernel that are files; what is built in has none. */
export function indexModules(modules: string): ModuleIndex {
  const index = new Map<string, string>();
  for (const entry of readdirSync(modules, { recursive: true, encoding: 'utf8' })) {
    if (/\.ko(\.(xz|zst|gz))?$/.test(entry)) index.set(moduleName(entry), entry);
  }
  return index;
}

function moduleName(path: string): string {
  return basename(path)
    .replace(/\.ko(\.\w+)?$/, '')
    .replaceAll('-', '_');
}

/** The modules with what they depend on, in the order in which they have to be loaded. Built-in ones are left out. */
export function loadOrder(modules: string, index: ModuleIndex, wanted: readonly string[]): string[] {
  const order = new Set<string>();
  const visit = (name: string): void => {
    const path = index.get(name.replaceAll('-', '_'));
    if (path === undefined || order.has(path)) return;
    for (const dependency of dependencies(readModule(join(modules, path)))) visit(dependency);
    order.add(path);
  };
  for (const name of wanted) visit(name);
  return [...order];
}

/** `depends=a,b` of the .modinfo section: strings that end in NUL (Documentation/kbuild/modules.rst). */
function dependencies(module: Buffer): string[] {
  const start = module.indexOf('\0depends=');
  if (start < 0) return [];
  const from = start + '\0depends='.length;
  return module.toString('latin1', from, module.indexOf(0, from)).split(',').filter(Boolean);
}

/** The plain bytes of a module, whatever it is compressed with. */
export function readModule(path: string): Buffer {
  const program = { xz: 'xz', zst: 'zstd', gz: 'gzip' }[path.split('.').at(-1) ?? ''];
  if (program === undefined) return readFileSync(path);
  return execFileSync(program, ['-dc', path], { maxBuffer: 1 << 28 });
}

/** Copies module folders into `root`, uncompressed, with the lists that modprobe reads: the kernel loads what is asked for. */
export function installModules(
  root: string,
  kernel: { readonly modules: string; readonly release: string },
  folders: readonly string[],
): void {
  const target = join(root, 'lib/modules', kernel.release);
  mkdirSync(target, { recursive: true });
  for (const path of indexModules(kernel.modules).values()) {
    if (!folders.some((folder) => path.startsWith(folder))) continue;
    const copy = join(target, path.replace(/\.(xz|zst|gz)$/, ''));
    mkdirSync(dirname(copy), { recursive: true });
    writeFileSync(copy, readModule(join(kernel.modules, path)));
  }
  for (const list of ['modules.order', 'modules.builtin', 'modules.builtin.modinfo']) {
    if (existsSync(join(kernel.modules, list))) cpSync(join(kernel.modules, list), join(target, list));
  }
  execFileSync('busybox', ['depmod', '-b', root, kernel.release], { stdio: 'ignore' });
}
