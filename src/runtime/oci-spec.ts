import type { OciSpec } from './oci-types.ts';
import type { SpecInput } from './spec-input.ts';

/**
 * The OCI config.json of a container with Docker Engine's semantics. Pure.
 * Throws TcomposeError RUNTIME_* for requests that can't be met (unknown capability, foreign sysctl, …); an engine
 * calls it at create with placeholder facts to find them early.
 */
export declare function generateSpec(input: SpecInput): OciSpec;

/** Settings that are accepted and not carried out on this machine, one sentence each, for the create answer. */
export declare function specWarnings(input: SpecInput): string[];
