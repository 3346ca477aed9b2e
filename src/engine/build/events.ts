import type { SourcePlace } from '../../errors.ts';

/** What a build tells while it goes on, in order. `step` is the number of a step in its plan. */
export type BuildEvent =
  | { readonly type: 'plan'; readonly steps: readonly string[] }
  | { readonly type: 'start'; readonly step: number; readonly name: string }
  | { readonly type: 'log'; readonly step: number; readonly text: string }
  | {
      readonly type: 'end';
      readonly step: number;
      readonly name: string;
      readonly outcome: 'done' | 'cached' | 'failed';
      /** Milliseconds. */
      readonly took: number;
    }
  | {
      readonly type: 'warning';
      readonly message: string;
      readonly rule?: string;
      readonly where?: SourcePlace;
    }
  | { readonly type: 'done'; readonly image: string; readonly tags: readonly string[] }
  | {
      readonly type: 'error';
      readonly code: string;
      readonly message: string;
      readonly hint?: string;
      readonly where?: SourcePlace;
      /** The last lines of the output of the step that failed. */
      readonly output?: { readonly name: string; readonly lines: readonly string[] };
    };

/** Takes the events of a build; resolves when more may come. */
export type BuildSink = (event: BuildEvent) => Promise<void> | void;
