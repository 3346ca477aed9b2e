import type { Extensions } from './extensions.ts';

/** Limit name → one value for soft and hard, or both. -1 means unlimited. */
export type Ulimits = Readonly<Record<string, number | UlimitPair>>;

/** Soft and hard limit; -1 means unlimited. */
export interface UlimitPair {
  readonly soft: number;
  readonly hard: number;
  readonly extensions?: Extensions;
}

/** Weights and rates of block devices. */
export interface BlkioConfig {
  /** 10 to 1000. */
  readonly weight?: number;
  readonly weight_device?: readonly WeightDevice[];
  /** Rates in bytes per second. */
  readonly device_read_bps?: readonly ThrottleDevice[];
  /** Rates in operations per second. */
  readonly device_read_iops?: readonly ThrottleDevice[];
  /** Rates in bytes per second. */
  readonly device_write_bps?: readonly ThrottleDevice[];
  /** Rates in operations per second. */
  readonly device_write_iops?: readonly ThrottleDevice[];
  readonly extensions?: Extensions;
}

export interface WeightDevice {
  readonly path: string;
  readonly weight: number;
  readonly extensions?: Extensions;
}

export interface ThrottleDevice {
  readonly path: string;
  readonly rate: number;
  readonly extensions?: Extensions;
}
