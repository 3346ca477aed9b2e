import { TcomposeError } from '../../errors.ts';
import { formatReference, parseReference, withDefaultTag } from '../../image/reference.ts';
import { faultAt } from '../dockerfile/fault.ts';
import type { LineRange } from '../dockerfile/node.ts';
import type { Dockerfile, Stage } from '../instruction/types.ts';
import { suggested } from '../suggest.ts';
import { imageState } from './first-state.ts';
import { platformText } from './platform.ts';
import type { StageState } from './stage-draft.ts';
import type { StepList } from './step-list.ts';
import type { BaseImage, Platform, StepId } from './types.ts';

/** An image that a FROM, a `--from` or a mount names, with its place. */
export interface ImageNeed {
  /** Its key in `images`; see imageKey. */
  readonly key: string;
  /** Full form: `docker.io/library/busybox:latest`. */
  readonly reference: string;
  readonly platform: Platform;
  readonly range: LineRange;
}

/** An image's key: its full reference, with the platform unless that is the build's. */
function imageKey(reference: string, platform: Platform, target: Platform): string {
  const text = platformText(platform);
  return text === platformText(target) ? reference : `${reference} ${text}`;
}

/** Thrown when nothing is known yet about an image. */
export class Needed extends Error {
  readonly need: ImageNeed;
  constructor(need: ImageNeed) {
    super(need.reference);
    this.need = need;
  }
}

/** Whether an image can have this name. */
export function isReference(name: string): boolean {
  try {
    parseReference(name);
    return true;
  } catch {
    return false;
  }
}

/** The images that a Dockerfile is based on, as steps of its plan. */
export class PlanImages {
  readonly #file: Dockerfile;
  readonly #target: Platform;
  readonly #images: ReadonlyMap<string, BaseImage>;
  readonly #steps: StepList;

  constructor(file: Dockerfile, target: Platform, images: ReadonlyMap<string, BaseImage>, steps: StepList) {
    this.#file = file;
    this.#target = target;
    this.#images = images;
    this.#steps = steps;
  }

  /** If a platform was requested, files of another one must not be used. */
  checkPlatform(name: string, wanted: Platform, range: LineRange): void {
    const { os, architecture } = this.#known(name, wanted, range);
    if (os === wanted.os && architecture === wanted.architecture) return;
    throw faultAt(
      this.#file,
      range,
      `the image ${name} here is for ${platformText({ os, architecture, variant: '' })}, but ${platformText(wanted)} was requested`,
      'BUILD_NOT_YET',
      'Use an image for one platform only in builds for that platform.',
    );
  }

  /** The state of a stage on an image. @throws Needed */
  state(name: string, platform: Platform, stage: Stage, range: LineRange): StageState {
    const step = this.step(name, platform, stage, range);
    const { config, author } = this.#known(name, platform, range);
    return imageState(step, config, author);
  }

  /** @throws Needed */
  step(name: string, platform: Platform, { index: stage }: Stage, range: LineRange): StepId {
    const reference = this.reference(name, range);
    const key = imageKey(reference, platform, this.#target);
    const image = this.#images.get(key);
    if (image === undefined) throw new Needed({ key, reference, platform, range });
    return this.#steps.add({ kind: 'image', name: '', stage, range, fresh: false, reference, id: image.id });
  }

  /** The full form of a name. @throws TcomposeError BUILD_DOCKERFILE */
  reference(name: string, range: LineRange): string {
    try {
      return formatReference(withDefaultTag(parseReference(name)));
    } catch (error) {
      if (!(error instanceof TcomposeError)) throw error;
      const capitals = /lowercase/.test(error.message);
      const path = name.includes('/') ? name.split(':')[0] : `library/${name.split(':')[0]}`;
      const why = capitals ? `repository name (${path}) must be lowercase` : error.message;
      throw faultAt(
        this.#file,
        range,
        `failed to parse stage name "${name}": ${capitals ? 'invalid reference format: ' : ''}${why}`,
        'BUILD_DOCKERFILE',
        this.#stageHint(name),
      );
    }
  }

  #known(name: string, platform: Platform, range: LineRange): BaseImage {
    return this.#images.get(imageKey(this.reference(name, range), platform, this.#target))!;
  }

  #stageHint(name: string): string | undefined {
    const names = this.#file.stages.flatMap((stage) => stage.name ?? []);
    const close = suggested(name, names);
    return close === undefined ? undefined : `There is a stage named ${close}.`;
  }
}
