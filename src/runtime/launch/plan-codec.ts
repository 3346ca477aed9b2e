import { ByteReader, ByteWriter } from './byte-codec.ts';
import type { LaunchPlan, NetworkOp } from './launch-plan.ts';
import { formatLaunchPlanFields, launchPlanCodec, networkOpsCodec, planVersion } from './plan-fields.ts';

/** Size of a plan with the default seccomp profile, and some reserve. */
const usualSize = 24 * 1024;

const magic = 0x504c4354; // 'TCLP'

/**
 * A plan in the form that the C binary reads: magic, version, total length (u32 each), then the fields of LaunchPlan in
 * the order of plan-fields.ts. Throws TcomposeError RUNTIME_PLAN for values that the format can't represent (NUL in a
 * string, a number out of range).
 */
export function encodeLaunchPlan(plan: LaunchPlan): Buffer {
  return encode((out) => launchPlanCodec.write(out, plan));
}

/** The inverse of encodeLaunchPlan. Throws TcomposeError RUNTIME_PLAN for anything but a complete plan of this version. */
export function decodeLaunchPlan(buffer: Buffer): LaunchPlan {
  return decode(buffer, launchPlanCodec.read);
}

/** Network ops for ShimConnection.network: the same header, then the list. */
export function encodeNetworkOps(ops: readonly NetworkOp[]): Buffer {
  return encode((out) => networkOpsCodec.write(out, ops));
}

/**
 * The plan as text for people and golden files, one line per op. `tcompose-shim plan-print` prints the same for the
 * same plan. Seccomp programs are represented by size and FNV-1a hash.
 */
export function formatLaunchPlan(plan: LaunchPlan): string {
  return `launch-plan ${planVersion}\n${formatLaunchPlanFields(plan)}`;
}

function encode(write: (out: ByteWriter) => void): Buffer {
  const out = new ByteWriter(usualSize);
  out.u32(magic);
  out.u32(planVersion);
  out.u32(0);
  write(out);
  out.patchU32(8, out.length);
  return out.finish();
}

function decode<T>(buffer: Buffer, read: (input: ByteReader) => T): T {
  const input = new ByteReader(buffer, 'RUNTIME_PLAN');
  if (input.u32() !== magic) input.fail('this is not a launch plan');
  const version = input.u32();
  if (version !== planVersion)
    input.fail(`the plan is of version ${version}, this release reads ${planVersion}`);
  if (input.u32() !== buffer.length) input.fail('the plan is cut off or has data behind its end');
  const value = read(input);
  input.end();
  return value;
}
