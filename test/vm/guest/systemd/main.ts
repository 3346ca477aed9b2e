import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { runChecks } from '../run-checks.ts';
import { settings } from './checks.ts';

const file = '/var/lib/vm-boots';
const boot = existsSync(file) ? Number(readFileSync(file, 'utf8')) + 1 : 1;
writeFileSync(file, String(boot));
for (const setting of settings) if (setting.boot === boot) await runChecks(setting);
