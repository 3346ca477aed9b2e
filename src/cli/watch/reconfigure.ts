import { TcomposeError, TcomposeErrors } from '../../errors.ts';
import type { EventSink } from '../../events.ts';
import type { execute } from '../../project/execute/index.ts';
import { describeStep } from '../../project/format-plan.ts';
import type { Plan } from '../../project/plan.ts';
import type { Changes, LoadedConfiguration } from './configuration.ts';

/** How a session follows edits of the files that define the project. */
export interface Configuration {
  /** Absolute paths of the files that the project was made from. */
  readonly files: readonly string[];
  /** Reads them again. @throws TcomposeError(s) with the places */
  readonly load: () => Promise<LoadedConfiguration>;
  /** What to do so that the containers follow. */
  readonly plan: (loaded: LoadedConfiguration) => Promise<Changes>;
  /** Whether to ask before anything is carried out. */
  readonly asks: boolean;
  /** Asks whether to carry out a plan. */
  readonly agrees: () => Promise<boolean>;
  readonly run: (plan: Plan, options: Pick<Parameters<typeof execute>[1], 'beforeStart'>) => Promise<void>;
}

/**
 * Shows the effect of an edit, and carries it out if wanted. An invalid edit is reported with its place, and nothing is
 * changed.
 */
export async function followEdit(
  configuration: Configuration,
  edit: {
    readonly paths: readonly string[];
    readonly emit: EventSink;
    /** Adopts the new project, before anything is done to containers. */
    readonly adopt: (loaded: LoadedConfiguration) => Promise<void>;
    /** Services whose images have to be rebuilt, and why. Called after `adopt`. */
    readonly builds: () => ReadonlyMap<string, string>;
    readonly rebuild: (services: ReadonlySet<string>) => Promise<unknown>;
    readonly beforeStart: NonNullable<Parameters<typeof execute>[1]['beforeStart']>;
  },
): Promise<void> {
  const { paths, emit, adopt, builds, rebuild, beforeStart } = edit;
  const tell = (built: ReadonlyMap<string, string>, plan: Plan | undefined, applying: boolean) =>
    emit({
      type: 'watch',
      phase: 'configuration',
      paths,
      steps: [
        ...[...built].map(([service, cause]) => ({ step: `build the image of service ${service}`, cause })),
        ...(plan?.steps ?? []).map((step) => ({ step: describeStep(step), cause: step.cause })),
      ],
      applying,
    });
  try {
    const loaded = await configuration.load();
    await adopt(loaded);
    const built = builds();
    const { plan, warnings } = await configuration.plan(loaded);
    tell(built, plan, !configuration.asks && (plan !== undefined || built.size > 0));
    if (plan === undefined) for (const message of warnings) emit({ type: 'warning', message });
    if (plan === undefined && built.size === 0) return;
    if (configuration.asks && !(await configuration.agrees())) {
      emit({
        type: 'watch',
        phase: 'note',
        message: 'not applied; `tcompose up -d` applies it, and so does the next edit with --yes',
      });
      return;
    }
    if (built.size > 0) await rebuild(new Set(built.keys()));
    // A build has already done part of it.
    const rest = built.size > 0 ? (await configuration.plan(loaded)).plan : plan;
    if (rest !== undefined) await configuration.run(rest, { beforeStart });
    emit({ type: 'watch', phase: 'note', message: 'applied' });
  } catch (error) {
    for (const one of error instanceof TcomposeErrors ? error.errors : [error]) {
      if (one instanceof TcomposeError) emit({ type: 'error', error: one });
      else throw one;
    }
    emit({ type: 'watch', phase: 'note', message: 'everything stays as it was before the edit' });
  }
}
