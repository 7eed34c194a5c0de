export { type OpenTelemetryOptions, opentelemetry } from './metrics/opentelemetry.ts';
export type { Sources } from './metrics/sources.ts';
