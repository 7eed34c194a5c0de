export { seeded, TestCluster, type TestClusterOptions } from './cluster.ts';
export { ManualClock } from './manual-clock.ts';
export { type RouterClaims, routerSuite } from './router-suite.ts';
export type { TestFunctions } from './test-functions.ts';
export { type TransportSetUp, transportSuite } from './transport-suite.ts';
export { type ViewStoreSetUp, viewStoreSuite } from './view-store-suite.ts';
