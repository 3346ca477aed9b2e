import { TcomposeError } from '../../errors.ts';
import { faultAt } from '../dockerfile/fault.ts';
import type { LineRange } from '../dockerfile/node.ts';
import { parseDockerfile } from '../dockerfile/parse.ts';
import { readInstruction } from '../instruction/read-instruction.ts';
import type { Dockerfile, Instruction, Stage } from '../instruction/types.ts';
import { type ArgumentSources, applyConfig } from './apply-config.ts';
import { applyFiles } from './apply-files.ts';
import { contextKey } from './context-key.ts';
import { scratchState } from './first-state.ts';
import { completeHistory } from './history.ts';
import { isRootWorkdir, makesStep, usesOthers } from './numbered.ts';
import type { BuildOptions } from './options.ts';
import { type ImageNeed, Needed, PlanImages } from './plan-images.ts';
import { platformArguments } from './platform.ts';
import { StageDraft, type StageState } from './stage-draft.ts';
import { type FromLine, fromLines, globalArguments } from './stages/from-lines.ts';
import { newNotes, type PlanNotes } from './stages/notes.ts';
import { targetStage } from './stages/target-stage.ts';
import { StepList } from './step-list.ts';
import type { BaseImage, BuildPlan, StepId, Tree, Warning } from './types.ts';
import { wholeContext } from './whole-context.ts';

/** A plan, or the images that have to be examined before there can be one. */
export type Planned =
  | { readonly kind: 'plan'; readonly plan: BuildPlan }
  | { readonly kind: 'needs'; readonly images: readonly ImageNeed[] };

/**
 * Plans the build of a Dockerfile's target: only stages that the target needs, with equal steps merged.
 * @param images what is known about images, by imageKey
 * @param notes get the findings, even on failure
 * @throws TcomposeError BUILD_DOCKERFILE, BUILD_EXPANSION
 */
export function planBuild(
  dockerfile: Dockerfile,
  options: BuildOptions,
  images: ReadonlyMap<string, BaseImage>,
  notes: PlanNotes = newNotes(),
): Planned {
  notes.warnings.length = 0;
  notes.stages.clear();
  try {
    return { kind: 'plan', plan: new Planner(dockerfile, options, images, notes).plan() };
  } catch (error) {
    if (error instanceof Needed) return { kind: 'needs', images: [error.need] };
    throw error;
  }
}

/** A stage in progress: which instruction requested it. */
interface Frame {
  readonly stage: Stage;
  range: LineRange;
}

const titleOf = ({ name, index }: Stage): string => name ?? `stage-${index}`;

class Planner {
  readonly #file: Dockerfile;
  readonly #options: BuildOptions;
  readonly #images: PlanImages;
  readonly #steps = new StepList();
  readonly #notes: PlanNotes;
  readonly #states = new Map<number, StageState>();
  readonly #frames: Frame[] = [];
  readonly #sources: ArgumentSources;
  readonly #target: Stage;
  /** By stage. */
  readonly #froms: readonly FromLine[];
  readonly #showStages: boolean;

  constructor(
    file: Dockerfile,
    options: BuildOptions,
    images: ReadonlyMap<string, BaseImage>,
    notes: PlanNotes,
  ) {
    this.#file = file;
    this.#options = options;
    this.#notes = notes;
    this.#images = new PlanImages(file, options.platform, images, this.#steps);
    this.#target = targetStage(file, options.target);
    const { buildArgs } = options;
    const around = {
      file,
      platforms: platformArguments(options, options.target || (this.#target.name ?? 'default')),
      buildArgs,
      buildPlatform: options.buildPlatform,
      warn: (warning: Warning) => notes.warnings.push(warning),
    };
    this.#sources = { buildArgs, globals: globalArguments(around) };
    this.#froms = fromLines(around, this.#sources.globals);
    this.#showStages = file.stages.length > 1 || file.stages.some(usesOthers);
  }

  plan(): BuildPlan {
    if (this.#options.everyStage) for (const stage of this.#file.stages) this.#stage(stage);
    const state = this.#stage(this.#target);
    const { tree, image, author } = state;
    const history = completeHistory(state.history, this.#steps.steps, tree);
    const labels = { ...state.config.Labels, ...Object.fromEntries(this.#options.labels) };
    const config = Object.keys(labels).length === 0 ? state.config : { ...state.config, Labels: labels };
    return {
      steps: this.#steps.steps,
      result: { tree, image, config, author, history },
      platform: this.#options.platform,
      unneeded: this.#file.stages.filter(({ index }) => !this.#states.has(index)).map(titleOf),
      warnings: this.#notes.warnings,
    };
  }

  #stage(stage: Stage): StageState {
    const known = this.#states.get(stage.index);
    if (known !== undefined) return known;
    const open = this.#frames.findIndex((frame) => frame.stage === stage);
    if (open >= 0) {
      const name = titleOf(this.#frames.at(-1)!.stage);
      throw faultAt(this.#file, this.#frames[open]!.range, `circular dependency detected on stage: ${name}`);
    }
    this.#notes.stages.add(stage.index);
    const frame: Frame = { stage, range: stage.from.range };
    this.#frames.push(frame);
    const state = this.#evaluate(stage, frame);
    this.#frames.pop();
    this.#states.set(stage.index, state);
    return state;
  }

  #evaluate(stage: Stage, frame: Frame): StageState {
    const { base, from } = this.#base(stage);
    const triggers = (base.config.OnBuild ?? []).map((text) => this.#trigger(text, stage.from.range));
    const { OnBuild: _fired, ...config } = base.config;
    const draft = new StageDraft(
      { ...base, config },
      {
        source: this.#file,
        escapeToken: this.#file.escapeToken,
        options: this.#options,
        warnings: this.#notes.warnings,
      },
    );
    const all = [
      ...triggers.map((instruction) => ({ instruction, prefix: 'ONBUILD ' })),
      ...stage.instructions.map((instruction) => ({ instruction, prefix: '' })),
    ];
    const total =
      (from === 'nothing' ? 0 : 1) +
      triggers.length +
      stage.instructions.filter((one) => makesStep(one)).length;
    if (base.image !== undefined && from !== 'nothing') this.#nameImage(base.image, stage, total, from);
    // A named context counts as a step, but none has its number.
    let position = from === 'image' ? 1 : 0;
    for (const { instruction, prefix } of all) {
      frame.range = instruction.range;
      if (applyConfig(draft, instruction, this.#sources)) continue;
      if (!isRootWorkdir(draft, instruction)) position++;
      const at = position;
      applyFiles(draft, instruction, {
        stage: stage.index,
        fresh: this.#options.noCache || this.#options.noCacheFilter.has(stage.name ?? ''),
        add: (step) => this.#steps.add(step),
        tree: (name, what, target) => this.#tree(name, what, target, stage, instruction.range),
        name: (text) => `${this.#place(stage, at, total)} ${prefix}${text}`,
      });
    }
    return draft.state;
  }

  /** `[name 2/10]`; the name only if there are several stages. */
  #place(stage: Stage, at: number, total: number): string {
    const name = this.#showStages ? `${titleOf(stage)} ` : '';
    return `[${name}${String(at).padStart(String(total).length)}/${total}]`;
  }

  #nameImage(step: StepId, stage: Stage, total: number, from: 'image' | 'context'): void {
    const image = this.#steps.steps[step]!;
    if (image.name !== '' && image.stage <= stage.index) return;
    const reference = image.kind === 'image' ? image.reference : '';
    const name =
      from === 'image'
        ? `${this.#place(stage, 1, total)} FROM ${reference}`
        : `[context ${this.#froms[stage.index]!.image}] ${reference}`;
    this.#steps.steps[step] = { ...image, name, stage: stage.index };
  }

  #trigger(text: string, range: LineRange): Instruction {
    try {
      const parsed = parseDockerfile(text, this.#file.file);
      const instruction = readInstruction(parsed, parsed.nodes[0]!);
      return { ...instruction, range };
    } catch (error) {
      // The line in the error is one of the trigger's own.
      if (!(error instanceof TcomposeError)) throw error;
      throw faultAt(this.#file, range, error.message.replace(/^dockerfile parse error on line \d+: /, ''));
    }
  }

  /** What a stage is on, and what its FROM counts as among its steps. */
  #base(stage: Stage): { base: StageState; from: 'image' | 'context' | 'nothing' } {
    const { range } = stage.from;
    const { image: result, platform: wanted = this.#options.platform } = this.#froms[stage.index]!;
    const context = this.#contextOf(result);
    const earlier = this.#file.stages.slice(0, stage.index).findLast(({ name }) => name === result);
    if (context === undefined && earlier !== undefined)
      return { base: this.#stage(earlier), from: 'nothing' };
    if (context?.kind === 'directory') return { base: this.#directoryState(result, range), from: 'context' };
    if (context === undefined && result === 'scratch') return { base: scratchState(), from: 'nothing' };
    const reference = context?.kind === 'image' ? context.reference : result;
    const base = this.#images.state(reference, wanted, stage, range);
    this.#images.checkPlatform(reference, wanted, range);
    return { base, from: context === undefined ? 'image' : 'context' };
  }

  /** A stage on the files of a directory: they are one layer, without a configuration. */
  #directoryState(context: string, range: LineRange): StageState {
    const name = contextKey(context);
    const step = this.#steps.add(wholeContext(name, range));
    const state = scratchState();
    return { ...state, tree: { kind: 'step', step } };
  }

  #contextOf(name: string) {
    return name === 'scratch' || name === 'context'
      ? undefined
      : this.#options.contexts.get(contextKey(name));
  }

  /** What `COPY --from` and a mount's `from` refer to: a named context, a stage by name or number, an image. */
  #tree(name: string, what: 'copy' | 'mount', target: string, stage: Stage, range: LineRange): Tree {
    const context = this.#contextOf(name);
    if (context?.kind === 'directory') return { kind: 'context', name: contextKey(name) };
    if (name === 'context' && context === undefined) return { kind: 'context', name: '' };
    if (name === 'scratch') return { kind: 'empty' };
    if (context === undefined) {
      const { stages } = this.#file;
      const number = what === 'copy' && /^[+-]?\d+$/.test(name) ? Number(name) : undefined;
      if (number !== undefined && (number < 0 || number >= stages.length))
        throw faultAt(this.#file, range, `invalid stage index ${number}`);
      const wanted = name.toLowerCase();
      // Of several stages with one name the last one in the file counts, even if it comes later.
      const other = number === undefined ? stages.findLast((one) => one.name === wanted) : stages[number];
      if (other !== undefined) return this.#stageTree(other, name, what, target, stage, range);
    }
    const reference = context?.kind === 'image' ? context.reference : name;
    const step = this.#images.step(reference, this.#options.platform, stage, range);
    if (this.#steps.steps[step]!.name === '') {
      const full = this.#images.reference(reference, range);
      this.#steps.steps[step] = { ...this.#steps.steps[step]!, name: `FROM ${full}` };
    }
    return { kind: 'step', step };
  }

  #stageTree(
    other: Stage,
    name: string,
    what: 'copy' | 'mount',
    target: string,
    stage: Stage,
    range: LineRange,
  ): Tree {
    const { tree } = this.#stage(other);
    if (other.index < stage.index) return tree;
    throw faultAt(
      this.#file,
      range,
      what === 'copy'
        ? `cannot copy from stage ${JSON.stringify(name)}, it needs to be defined before current stage ${JSON.stringify(titleOf(stage))}`
        : `cannot mount from stage ${JSON.stringify(name)} to ${JSON.stringify(target)}, stage needs to be defined before current command`,
    );
  }
}
