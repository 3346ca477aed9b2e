// Writes src/runtime/seccomp/generated/syscalls.ts: system call numbers by name for each machine interface the seccomp
// compiler knows, read from the kernel's headers on this machine (linux-libc-dev) plus the calls that came after them.
// Run by hand when a newer kernel's calls are wanted: node scripts/generate-syscalls.mjs
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

/** Same number on every architecture since Linux 5.1 (include/uapi/asm-generic/unistd.h). */
const newest = {
  cachestat: 451,
  fchmodat2: 452,
  map_shadow_stack: 453,
  futex_wake: 454,
  futex_wait: 455,
  futex_requeue: 456,
  statmount: 457,
  listmount: 458,
  lsm_get_self_attr: 459,
  lsm_set_self_attr: 460,
  lsm_list_modules: 461,
  mseal: 462,
  setxattrat: 463,
  getxattrat: 464,
  listxattrat: 465,
  removexattrat: 466,
  open_tree_attr: 467,
  file_getattr: 468,
  file_setattr: 469,
};

const tables = {
  x86_64: { header: 'asm/unistd_64.h', defines: [], extra: { uretprobe: 335 } },
  x32: { header: 'asm/unistd_x32.h', defines: ['__X32_SYSCALL_BIT=0'], extra: { uretprobe: 335 } },
  x86: { header: 'asm/unistd_32.h', defines: [], extra: {} },
  aarch64: {
    header: 'asm-generic/unistd.h',
    // arch/arm64/include/uapi/asm/unistd.h
    defines: [
      '__BITS_PER_LONG=64',
      '__ARCH_WANT_RENAMEAT',
      '__ARCH_WANT_NEW_STAT',
      '__ARCH_WANT_SET_GET_RLIMIT',
      '__ARCH_WANT_TIME32_SYSCALLS',
      '__ARCH_WANT_SYS_CLONE3',
      '__ARCH_WANT_MEMFD_SECRET',
    ],
    extra: {},
  },
};

function numbers({ header, defines, extra }) {
  const text = execFileSync(
    'cc',
    ['-E', '-dM', ...defines.map((define) => `-D${define}`), '-include', header, '-xc', '/dev/null'],
    { encoding: 'utf8' },
  );
  const raw = new Map();
  for (const match of text.matchAll(/^#define (__NR\w*) (.+)$/gm)) raw.set(match[1], match[2]);
  const found = {};
  for (const [name, first] of raw) {
    if (!name.startsWith('__NR_')) continue;
    let value = first;
    while (raw.has(value)) value = raw.get(value);
    const sum = value.replace(/^\((?:__X32_SYSCALL_BIT \+ )?(\d+)\)$/, '$1');
    if (/^\d+$/.test(sum)) found[name.slice(5)] = Number(sum);
  }
  for (const word of ['syscalls', 'arch_specific_syscall']) delete found[word];
  return Object.fromEntries(Object.entries({ ...newest, ...extra, ...found }).sort((a, b) => a[1] - b[1]));
}

const lines = [
  '// Written by scripts/generate-syscalls.mjs from the kernel headers; not for editing by hand.',
  '',
];
for (const [name, table] of Object.entries(tables)) {
  const entries = Object.entries(numbers(table));
  lines.push(`export const ${name}: Readonly<Record<string, number>> = {`);
  for (const [call, number] of entries) lines.push(`  ${call}: ${number},`);
  lines.push('};', '');
  process.stderr.write(`${name}: ${entries.length} calls\n`);
}
writeFileSync(
  new URL('../src/runtime/seccomp/generated/syscalls.ts', import.meta.url),
  `${lines.join('\n').trimEnd()}\n`,
);
