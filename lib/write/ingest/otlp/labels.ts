import type { Labels } from '../../../model/labels';
import { LIMITS } from '../../../model/limits';
import { toLabels } from '../names';
import type { ReadSeries } from '../portions';
import type { OtlpMetric } from './metric';

/** What a resource says of itself that becomes a label. All else is the same for each of its series, and much. */
const LABEL_OF_RESOURCE: Readonly<Record<string, string>> = {
  'host.name': 'host',
  'service.name': 'service',
  'service.namespace': 'service_namespace',
  'service.instance.id': 'instance',
  'deployment.environment': 'env',
  'deployment.environment.name': 'env',
  'cloud.region': 'region',
  'cloud.availability_zone': 'zone',
  'k8s.cluster.name': 'k8s_cluster',
  'k8s.namespace.name': 'k8s_namespace',
  'k8s.node.name': 'k8s_node',
  'k8s.pod.name': 'k8s_pod',
  'container.name': 'container',
};
const SCOPE = 'otel_scope_name';

/** Names and values in the order they were sent, so that a name that is twice there is seen. */
export type Attributes = Iterable<readonly [name: string, value: string]>;

/** The labels that all series of a scope of a resource have: two scopes may have a metric of the same name. */
export function originLabels(resource: Attributes, scope: string): Labels {
  const labels: Record<string, string> = {};
  for (const [name, value] of resource)
    if (Object.hasOwn(LABEL_OF_RESOURCE, name)) labels[LABEL_OF_RESOURCE[name]] = value;
  if (scope !== '') labels[SCOPE] = scope;
  return labels;
}

/** The series of a point: its own labels, and those of its origin that it has none of. */
export function toSeries(
  { name, unit, type }: OtlpMetric,
  origin: Labels,
  attributes: Attributes,
): ReadSeries {
  const sent = new Map<string, string>();
  for (const [attribute, value] of attributes) {
    if (sent.has(attribute)) return 'bad_label';
    sent.set(attribute, value);
    if (sent.size > LIMITS.labelsPerSeries) return 'too_many_labels';
  }
  return { name, labels: { ...origin, ...toLabels(sent) }, type, unit };
}
