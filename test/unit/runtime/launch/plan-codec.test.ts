import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TcomposeError } from '../../../../src/errors.ts';
import {
  decodeLaunchPlan,
  encodeLaunchPlan,
  formatLaunchPlan,
} from '../../../../src/runtime/launch/plan-codec.ts';
import { launchPlanArbitrary } from '../../../support/launch-plan-arbitrary.ts';
import { defaultProcess, makeSandbox } from '../../../support/shim.ts';

const planError = expect.objectContaining({ code: 'RUNTIME_PLAN' });

describe('launch plan encoding', () => {
  it('gives back what went in', () => {
    fc.assert(
      fc.property(launchPlanArbitrary, (plan) => {
        expect(decodeLaunchPlan(encodeLaunchPlan(plan))).toEqual(plan);
      }),
    );
  });

  it('refuses every cut-off plan with a sentence', () => {
    fc.assert(
      fc.property(launchPlanArbitrary, fc.nat(), (plan, at) => {
        const whole = encodeLaunchPlan(plan);
        expect(() => decodeLaunchPlan(whole.subarray(0, at % whole.length))).toThrow(planError);
      }),
    );
  });

  it('answers damaged bytes with a plan or a sentence, never another error', () => {
    fc.assert(
      fc.property(launchPlanArbitrary, fc.nat(), fc.nat({ max: 255 }), (plan, at, value) => {
        const damaged = Buffer.from(encodeLaunchPlan(plan));
        damaged[12 + (at % (damaged.length - 12))] = value;
        try {
          decodeLaunchPlan(damaged);
        } catch (error) {
          expect(error).toBeInstanceOf(TcomposeError);
        }
      }),
    );
  });

  it('names both versions when they differ', () => {
    const box = makeSandbox();
    const data = encodeLaunchPlan(box.plan('v', ['true']));
    box.close();
    data.writeUInt32LE(99, 4);
    expect(() => decodeLaunchPlan(data)).toThrow(/version 99, this release reads 6/);
  });

  it('refuses values the format cannot hold', () => {
    const box = makeSandbox();
    const plan = box.plan('v', ['true']);
    box.close();
    expect(() => encodeLaunchPlan({ ...plan, id: 'a\0b' })).toThrow(planError);
    expect(() => encodeLaunchPlan({ ...plan, process: { ...plan.process, uid: -1 } })).toThrow(planError);
    expect(() => encodeLaunchPlan({ ...plan, process: { ...plan.process, gid: 1.5 } })).toThrow(planError);
  });
});

describe('launch plan text', () => {
  it('has one line an op and quotes what is not plain', () => {
    const box = makeSandbox();
    const plan = box.plan('abc', ['sh', '-c', 'say "hi"\n'], {
      runDir: '/run/x',
      log: { path: '/l', maxSize: 10, maxFiles: 3, awaitFollower: 0 },
      setup: () => [{ op: 'pivot' }, { op: 'mask', target: '/proc/kcore' }],
      process: { ...defaultProcess(['sh', '-c', 'say "hi"\n']), seccomp: Buffer.from([1, 2, 3]) },
    });
    box.close();
    expect(formatLaunchPlan(plan)).toBe(`launch-plan 6
kind run
id "abc"
runDir "/run/x"
stdio tty=no rows=0 columns=0 stdin=no stdinOnce=no
log path="/l" maxSize=10 maxFiles=3 awaitFollower=0
waitForStart no
oomCounter -
namespaces mount=new pid=new net=new ipc=new uts=new cgroup=new user=host
userMaps -
setup 0 pivot
setup 1 mask target="/proc/kcore"
process argv ["sh" "-c" "say \\x22hi\\x22\\x0a"]
process env ["PATH=/usr/local/bin:/usr/bin:/bin" "HOME=/root" "LC_ALL=C"]
process cwd "/"
process uid 0
process gid 0
process groups []
process keepGroups no
process umask -
process capabilities bounding=0xa80425fb effective=0xa80425fb permitted=0xa80425fb inheritable=0x0 ambient=0x0
process noNewPrivileges no
process seccomp 3-bytes:56cf37ab
process seccompFlags -
process rlimits []
process oomScoreAdj -
process init no
process personality -
process ioPriority -
process scheduler -
process affinity -
process joinPid -
process joinStartTime -
foreign -
timeNamespace -
caller -
hooks -
`);
  });
});
