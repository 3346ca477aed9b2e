import type { Project } from '../../compose/model/project.ts';
import { TcomposeError } from '../../errors.ts';
import { cycles, topologicalOrder } from '../../graph/order.ts';
import { requireImages } from '../images/required-images.ts';
import type { Observed } from '../observed.ts';
import type { Plan } from '../plan.ts';
import { PlanBuilder } from '../plan-builder.ts';
import { planNetworks, planVolumes } from '../plan-resources.ts';
import { serviceGraph } from '../service-graph.ts';
import { planAddresses } from './addresses.ts';
import type { UpContext } from './context.ts';
import { planHandOver } from './hand-over.ts';
import type { UpOptions } from './options.ts';
import { planOrphans } from './orphans.ts';
import { planService } from './service.ts';
import { planReadiness } from './waits.ts';

/**
 * What to do so that the engine has what the project says. Pure.
 * @throws TcomposeError PROJECT_EXTERNAL_MISSING, PROJECT_IMAGE_MISSING.
 */
export function planUp(project: Project, observed: Observed, options: UpOptions): Plan {
  const plan = new PlanBuilder();
  for (const container of observed.containers) plan.ids.set(container.name, container.id);
  const graph = serviceGraph(project);
  const [cycle] = cycles(graph);
  if (cycle !== undefined)
    throw new TcomposeError('PROJECT_UNSUPPORTED', `dependency cycle: ${cycle.join(' -> ')}`, {
      hint: 'Services can only start when what they depend on has: remove one of these dependencies.',
    });
  const networks = planNetworks(project, observed, plan, options.version);
  const volumes = planVolumes(project, observed, plan, options.renewVolumes, options.version);
  const images = requireImages(project, observed, plan, options.images);
  const context: UpContext = {
    project,
    observed,
    options,
    plan,
    networks,
    volumes,
    images,
    states: new Map(),
  };
  const order = topologicalOrder(graph);
  for (const name of order) planService(context, project.services[name]!);
  if (options.start && options.wait) planReadiness(context, order);
  planOrphans(context);
  planHandOver(context);
  planAddresses(context);
  return plan.build();
}
