import { join } from 'node:path';
import { parsePlatform, platformText } from '../../../build/plan/platform.ts';
import { normaliseTag } from '../../../image/reference.ts';
import type { BuildEvent, BuildRequest } from '../../api/build.ts';
import type { Engine } from '../../context.ts';
import { build, errorEvent } from '../build.ts';
import { type BuildClient, nobody } from '../build-client.ts';
import { ownPlatform } from '../read-request.ts';
import { KeptBuilds } from '../remote-cache/kept-builds.ts';
import type { BuildSink } from '../sink.ts';
import { nameTogether } from './platform-index.ts';

/**
 * Builds what is requested for each platform, one after the other; reported as by `build`. Images of several platforms
 * share their names.
 */
export async function buildPlatforms(
  engine: Engine,
  request: BuildRequest,
  sink: BuildSink,
  signal: AbortSignal,
  client: BuildClient = nobody,
): Promise<void> {
  const { platforms = [], ...rest } = request;
  let texts: readonly string[];
  try {
    const own = ownPlatform(engine);
    texts = [...new Set(platforms.map((text) => platformText(parsePlatform(text, own))))];
  } catch (error) {
    return sink(errorEvent(error));
  }
  if (texts.length <= 1) {
    const [platform] = texts;
    return build(engine, platform === undefined ? rest : { ...rest, platform }, sink, signal, client);
  }
  await new SeveralBuilds(engine, rest, sink).run(texts, signal, client);
}

/** The builds of one request for several platforms. */
class SeveralBuilds {
  readonly #engine: Engine;
  readonly #request: BuildRequest;
  readonly #sink: BuildSink;
  readonly #images: { readonly platform: string; readonly id: string }[] = [];
  /** Number of steps of the previous builds. */
  #before = 0;
  #steps = 0;
  #failed = false;

  constructor(engine: Engine, request: BuildRequest, sink: BuildSink) {
    this.#engine = engine;
    this.#request = request;
    this.#sink = sink;
  }

  async run(platforms: readonly string[], signal: AbortSignal, client: BuildClient): Promise<void> {
    const ingest = this.#engine.images.ingest();
    const { only, localOutput } = this.#request;
    const kept = new KeptBuilds(this.#engine);
    try {
      for (const platform of only === 'check' ? platforms.slice(0, 1) : platforms) {
        const own = localOutput === undefined ? {} : { localOutput: join(localOutput, placeName(platform)) };
        const request = { ...this.#request, tags: [], platform, ...own };
        const share = { kept, last: platform === platforms.at(-1) };
        await build(this.#engine, request, (event) => this.#take(event, platform), signal, client, share);
        if (this.#failed) return;
        const made = this.#engine.images.get(this.#images.at(-1)?.id ?? '');
        if (made !== undefined) ingest.hold(made);
      }
      if (only !== 'plan') await this.#sink(await this.#done());
    } catch (error) {
      await this.#sink(errorEvent(error));
    } finally {
      await kept.release();
      await ingest.release();
    }
  }

  async #done(): Promise<BuildEvent> {
    const tags = (this.#request.tags ?? []).map(normaliseTag);
    const ids = this.#images.map(({ id }) => id);
    const [first] = ids;
    if (first === undefined) return { type: 'done', tags: [] };
    await nameTogether(this.#engine, ids, tags);
    const here = platformText(ownPlatform(this.#engine));
    const own = this.#images.find(({ platform }) => platform === here);
    return { type: 'done', image: own?.id ?? first, images: ids, tags };
  }

  async #take(event: BuildEvent, platform: string): Promise<void> {
    switch (event.type) {
      case 'begin':
        this.#before = this.#steps;
        this.#steps += event.steps;
        return this.#sink({ ...event, steps: this.#steps });
      case 'start':
      case 'end':
        return this.#sink({
          ...event,
          step: this.#before + event.step,
          name: event.name.replace(/^\[/, `[${platform} `),
        });
      case 'log':
        return this.#sink({ ...event, step: this.#before + event.step });
      case 'done':
        if (event.image !== undefined) this.#images.push({ platform, id: event.image });
        return;
      case 'error':
        this.#failed = true;
        return this.#sink(event);
      case 'plan':
        return this.#sink({ ...event, text: `platform ${platform}\n${event.text}` });
      default:
        return this.#sink(event);
    }
  }
}

/** The directory for one platform's files, named as by BuildKit. */
const placeName = (platform: string): string => platform.replaceAll('/', '_');
