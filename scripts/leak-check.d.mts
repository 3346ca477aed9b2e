/** What is left of tcompose; with `scratch`, of a test run in that directory. */
export declare function leftovers(scratch?: string): string[];
