export {
  type PrometheusMetrics,
  type PrometheusOptions,
  type PrometheusRegistry,
  prometheus,
} from './metrics/prometheus.ts';
export type { Sources } from './metrics/sources.ts';
