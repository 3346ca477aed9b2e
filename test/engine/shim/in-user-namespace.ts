// Run by network.test.ts under `unshare -Urnm`: one container, its end printed as JSON. `nested`: in one more user namespace.
import type { LaunchPlan } from '../../../src/runtime/launch/launch-plan.ts';
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
const nested: LaunchPlan = {
  ...plan,
  userMaps: { uid: '0 0 1\n', gid: '0 0 1\n' },
  namespaces: { ...plan.namespaces, user: 'new' },
};
const end = await runToEnd(process.argv[2] === 'nested' ? nested : plan);
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
