// What the runs of `npm test` add up to, and the second run of what failed in them.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';

/** More files than these fail for a reason that a second run would not take away. */
const mostSuspects = 3;

export class Tally {
  passed = 0;
  failed = 0;
  skipped = 0;
  /** Told once more at the end, where one looks first. */
  failures = [];
  /** Failed once, and passed when nothing else ran. */
  unsteady = [];
  /** Files with tests that failed, each with what runs it again. */
  #suspects = [];

  /** Counts a step that is not a test file. */
  record(name, passed) {
    this[passed ? 'passed' : 'failed'] += 1;
    if (passed) return;
    console.error(`${name} failed`);
    this.failures.push(name);
  }

  /** Adds up vitest's report. `again` runs one of its files once more, and has the report written to another path. */
  count(report, again) {
    const result = readReport(report);
    if (result === undefined) {
      console.error('the test runner wrote no report');
      this.failed += 1;
      return;
    }
    this.passed += result.numPassedTests;
    this.failed += result.numFailedTests;
    this.skipped += result.numPendingTests + result.numTodoTests;
    for (const file of result.testResults) this.#note(file, again);
  }

  #note({ name, status, message, assertionResults }, again) {
    const failed = assertionResults.filter((test) => test.status === 'failed');
    const told = failed.map((test) => `${name}: ${test.fullName}\n${test.failureMessages.join('\n')}`);
    // A file that can't be loaded, or whose preparations fail, has no failed test of its own.
    if (status === 'failed' && failed.length === 0) {
      told.push(`${name}: ${message}`);
      this.failed += 1;
    }
    this.failures.push(...told);
    const names = failed.map((test) => test.fullName);
    if (told.length > 0) this.#suspects.push({ file: relative('.', name), names, told, again });
  }

  /**
   * Runs files in which tests failed once more, one after the other, with nothing beside them. What passes then counts as
   * passed and is named as unsteady: it depends on how busy the machine is, and is to be mended like what fails.
   * Where many files failed nothing is run again. `scratch` is a directory for reports.
   */
  async runSuspectsAgain(scratch) {
    if (this.#suspects.length > mostSuspects) return;
    const report = join(scratch, 'report-again.json');
    for (const { file, names, told, again } of this.#suspects) {
      console.log(`once more, with nothing beside it: ${file}`);
      rmSync(report, { force: true });
      await again(report, file);
      const second = readReport(report);
      if (!passes(second, names)) continue;
      this.failed -= told.length;
      this.passed += told.length;
      this.unsteady.push(...told);
      this.failures = this.failures.filter((one) => !told.includes(one));
    }
  }
}

/** Whether nothing failed, and the tests of these names passed: one that was skipped says nothing. */
function passes(report, names) {
  if (report?.success !== true || report.numPassedTests === 0) return false;
  const passed = report.testResults
    .flatMap((file) => file.assertionResults)
    .filter((test) => test.status === 'passed');
  return names.every((name) => passed.some((test) => test.fullName === name));
}

function readReport(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
}
