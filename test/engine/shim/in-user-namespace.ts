// Run by network.test.ts under `unshare -Urnm`: one container, its end printed as JSON.
import { logLines, makeSandbox, runToEnd } from '../../support/shim.ts';

const box = makeSandbox();
const script = 'echo uid $(id -u); echo gone > /dev/null && echo null ok; hostname';
// group 5 (tty) has no meaning in a namespace with one id
const plan = box.plan('inner', ['sh', '-c', script], {
  setup: (ops) =>
    ops.map((op) =>
      op.op === 'mount' && op.fstype === 'devpts' ? { ...op, data: op.data.replace(',gid=5', '') } : op,
    ),
});
const end = await runToEnd(plan);
const output =
  end.type === 'exited' ? logLines(plan).map((line) => `${line.slice('stdout F '.length)}\n`) : [];
console.log(
  JSON.stringify(
    end.type === 'exited'
      ? { type: end.type, code: end.code, output: output.join('') }
      : { ...end, finishedAt: '' },
  ),
);
box.close();
