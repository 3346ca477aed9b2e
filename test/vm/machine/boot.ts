import { spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Architecture, isOwn } from './architecture.ts';
import { type CpioEntry, cpio } from './cpio.ts';
import { indexModules, loadOrder, readModule } from './modules.ts';
import { makeImage, makeRootTree, type Parts } from './root-tree.ts';

const program = 0o100755;
const directory = 0o040755;

/** Finds the disk, then hands over to the machine's own init. */
function initScript(modules: readonly string[], init: string): string {
  return [
    '#!/bin/busybox sh',
    '/bin/busybox mount -t devtmpfs devtmpfs /dev',
    ...modules.map((_, index) => `/bin/busybox insmod /m/${index}.ko`),
    'tries=0',
    'while [ ! -b /dev/vda ] && [ $tries -lt 100 ]; do tries=$((tries + 1)); /bin/busybox sleep 0.1; done',
    '/bin/busybox mount -t ext4 /dev/vda /root',
    `exec /bin/busybox switch_root -c /dev/console /root ${init}`,
    '',
  ].join('\n');
}

function initramfs({ kernel, system }: Parts, busybox: Buffer): Buffer {
  const order = loadOrder(kernel.modules, indexModules(kernel.modules), [
    'virtio_pci',
    'virtio_blk',
    'crc32c_generic',
    'ext4',
  ]);
  const entries: CpioEntry[] = [
    ...['bin', 'dev', 'm', 'root'].map((path) => ({ path, mode: directory })),
    { path: 'bin/busybox', mode: program, data: busybox },
    { path: 'init', mode: program, data: Buffer.from(initScript(order, system.init)) },
    ...order.map((path, index) => ({
      path: `m/${index}.ko`,
      mode: 0o100644,
      data: readModule(join(kernel.modules, path)),
    })),
  ];
  return cpio(entries);
}

/**
 * `kvm` only for this machine's own architecture and where the processor says that it can: the device alone may be there
 * and lead nowhere. TCOMPOSE_VM_ACCEL says otherwise.
 */
export function accelerator(architecture: Architecture, env: NodeJS.ProcessEnv = process.env): string {
  if (env.TCOMPOSE_VM_ACCEL) return env.TCOMPOSE_VM_ACCEL;
  if (!isOwn(architecture)) return 'tcg';
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
    const able =
      architecture.node === 'arm64' || /^flags\b.*\b(vmx|svm)\b/m.test(readFileSync('/proc/cpuinfo', 'utf8'));
    return able ? 'kvm' : 'tcg';
  } catch {
    return 'tcg';
  }
}

/**
 * Boots a machine that runs `checks` and switches itself off, as often as its system says, on the same disk; every line of its
 * serial console goes to `onLine`. After `limit` milliseconds of a boot it is killed. Nothing is left of it but what `onLine` kept.
 */
export async function bootMachine(
  parts: Parts,
  checks: string,
  options: { readonly limit: number; readonly onLine: (line: string) => void },
): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'tcompose-vm-'));
  try {
    const root = join(scratch, 'root');
    makeRootTree(root, parts, checks);
    makeImage(root, join(scratch, 'disk'));
    const busybox = readFileSync(join(root, 'usr/bin/busybox'));
    rmSync(root, { recursive: true });
    writeFileSync(join(scratch, 'initramfs'), initramfs(parts, busybox));
    for (let boot = 0; boot < parts.system.boots; boot++) await runQemu(scratch, parts, options);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function runQemu(
  scratch: string,
  { architecture, kernel, system }: Parts,
  { limit, onLine }: { readonly limit: number; readonly onLine: (line: string) => void },
): Promise<void> {
  const accel = accelerator(architecture);
  const args = [
    ...['-nodefaults', '-no-user-config', ...architecture.machine, '-display', 'none', '-no-reboot'],
    ...(accel === 'kvm' ? ['-accel', 'kvm', '-cpu', 'host'] : ['-accel', 'tcg,thread=multi', '-cpu', 'max']),
    ...['-smp', '2', '-m', '1024', '-serial', 'stdio', '-kernel', kernel.image],
    ...['-initrd', join(scratch, 'initramfs')],
    ...[
      '-append',
      `console=${architecture.console} quiet loglevel=3 panic=-1 random.trust_cpu=1 ${system.commandLine}`,
    ],
    ...['-drive', `file=${join(scratch, 'disk')},if=virtio,format=raw,cache=unsafe`],
  ];
  return new Promise((resolve, reject) => {
    const qemu = spawn(architecture.qemu, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const timer = setTimeout(() => qemu.kill('SIGKILL'), limit);
    const stop = (): void => {
      qemu.kill('SIGKILL');
    };
    process.once('exit', stop);
    createInterface({ input: qemu.stdout }).on('line', (line) => onLine(line.replace(/\r/g, '')));
    qemu.once('error', reject);
    qemu.once('close', () => {
      clearTimeout(timer);
      process.removeListener('exit', stop);
      resolve();
    });
  });
}
