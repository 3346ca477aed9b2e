/** Runs one file once more; vitest's JSON report is written to `report`. */
type RunAgain = (report: string, file: string) => Promise<unknown>;

export declare class Tally {
  passed: number;
  failed: number;
  skipped: number;
  failures: string[];
  unsteady: string[];
  record(name: string, passed: boolean): void;
  count(report: string, again: RunAgain): void;
  runSuspectsAgain(scratch: string): Promise<void>;
}
